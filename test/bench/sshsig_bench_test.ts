import { assertEquals } from "@std/assert";
import { sshsigSuite } from "./sshsig_bench.ts";

Deno.test("The benchmark of signatures has everything it compares accept its signatures", async () => {
  const suite = await sshsigSuite();
  try {
    for (const { baseline, contenders } of suite.comparisons) {
      for (const contender of [baseline, ...contenders]) {
        // Each throws for a signature that is not good, and is held to the time it takes.
        assertEquals(await contender.run(), undefined, contender.name);
      }
    }
  } finally {
    await suite.close();
  }
});
