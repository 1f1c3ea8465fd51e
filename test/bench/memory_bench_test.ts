import { assert, assertEquals } from "@std/assert";
import { memorySuite } from "./memory_bench.ts";
import { startManyPasses } from "./many_passes.ts";

Deno.test("The benchmark of memory measures a heap that is inside of what is resident", async () => {
  const suite = await memorySuite({ warmUp: 2, passes: 6 });
  try {
    const values: number[] = [];
    for (const { baseline, contenders } of suite.comparisons) {
      for (const { run } of [baseline, ...contenders]) values.push(await run() ?? 0);
    }
    const [heap = 0, heapThen = 0, rss = 0, rssThen = 0] = values;
    assertEquals(values.length, 4);
    assert(heap > 1 && heap < rss, `${heap} of ${rss} MiB`);
    assert(heapThen > 1 && heapThen < rssThen, `${heapThen} of ${rssThen} MiB`);
  } finally {
    await suite.close();
  }
});

Deno.test("Between its passes there is work for every part that could keep some of it", async () => {
  await using passes = await startManyPasses();
  const { succeeded, audited } = await passes.reach(25);
  // Five changes made good, two self-tests of two steps each; and two wishes that wait.
  assert(succeeded >= 9, `${succeeded} operations`);
  assert(audited >= 11, `${audited} audit records`);
});
