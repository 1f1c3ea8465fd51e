import { assertEquals } from "@std/assert";
import { reconcileSuite } from "./reconcile_bench.ts";

Deno.test("The benchmark of reconciling measures a pass that finds nothing to do", async () => {
  const suite = await reconcileSuite();
  try {
    for (const { baseline, contenders } of suite.comparisons) {
      for (const contender of [baseline, ...contenders]) {
        // A pass that finds drift throws.
        assertEquals(await contender.run(), undefined, contender.name);
      }
    }
  } finally {
    await suite.close();
  }
});
