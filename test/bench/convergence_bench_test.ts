import { assert } from "@std/assert";
import { convergenceSuite } from "./convergence_bench.ts";

Deno.test("The benchmark of converging measures guests that are all brought up", async () => {
  const suite = await convergenceSuite(4);
  try {
    for (const { baseline, contenders } of suite.comparisons) {
      for (const contender of [baseline, ...contenders]) {
        // No task of 2 s ends sooner, at twice the speed.
        assert(Number(await contender.run()) >= 1_000, contender.name);
      }
    }
  } finally {
    await suite.close();
  }
});
