import { assert, assertRejects } from "@std/assert";
import { peakMemory, timeToRun } from "./process_cost.ts";

Deno.test("A run takes time and memory, and one that holds 64 MiB more shows it", async () => {
  assert(await timeToRun(["eval", "0"]) > 0);
  const small = await peakMemory(["eval", "0"]);
  const large = await peakMemory(["eval", "new Uint8Array(64 << 20).fill(1)"]);
  assert(small > 10, `${small} MiB is too little for a runtime`);
  assert(large - small > 50, `${small} MiB and ${large} MiB do not differ by 64`);
});

Deno.test("A run that fails is no measurement", async () => {
  await assertRejects(() => timeToRun(["eval", "Deno.exit(3)"]), Error, "ended with status 3");
  await assertRejects(() => peakMemory(["eval", "Deno.exit(3)"]), Error, "ended with status 3");
});
