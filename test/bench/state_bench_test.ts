import { assert, assertEquals } from "@std/assert";
import { stateSuite } from "./state_bench.ts";

Deno.test("The benchmark of the state measures both ways, and names its file system", async () => {
  const suite = await stateSuite();
  try {
    const [comparison, ...none] = suite.comparisons;
    assertEquals(none, []);
    assert(comparison !== undefined && /\([a-z0-9]+\)$/.test(comparison.title), comparison?.title);
    for (const contender of [comparison.baseline, ...comparison.contenders]) {
      const took = await contender.run();
      assert(typeof took === "number" && took > 0, contender.name);
    }
  } finally {
    await suite.close();
  }
});
