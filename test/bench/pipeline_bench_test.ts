import { assert, assertEquals } from "@std/assert";
import { pipelineSuite } from "./pipeline_bench.ts";

Deno.test("The benchmarks of the pipeline run, whatever they measure", async () => {
  const suite = await pipelineSuite();
  try {
    assertEquals(suite.comparisons.length, 2);
    for (const { baseline, contenders } of suite.comparisons) {
      for (const contender of [baseline, ...contenders]) {
        const measured = await contender.run();
        assert(measured === undefined || measured > 0);
      }
    }
  } finally {
    await suite.close();
  }
});
