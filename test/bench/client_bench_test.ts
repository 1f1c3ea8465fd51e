import { assert, assertEquals } from "@std/assert";
import { clientSuite } from "./client_bench.ts";

Deno.test("The benchmarks of the client run against the simulator, whatever they measure", async () => {
  let others = 0;
  const nothing = () => Promise.resolve(others++);
  const suite = await clientSuite(() =>
    Promise.resolve({ guests: nothing, guestConfig: nothing, close() {} })
  );
  try {
    for (const { baseline, contenders, title } of suite.comparisons) {
      assert(contenders.length > 0, title);
      for (const contender of [baseline, ...contenders]) {
        assertEquals(await contender.run(), undefined);
      }
    }
    assert(others > 0);
  } finally {
    await suite.close();
  }
});
