/**
 * A process of its own for {@linkcode memorySuite}, so that nothing else is in its heap: makes as many
 * passes as its arguments say, and prints a line of JSON for each.
 */
import { heapUsed } from "../support/heap_used.ts";
import { startManyPasses } from "./many_passes.ts";

await using passes = await startManyPasses();
for (const text of Deno.args) {
  const done = await passes.reach(Number(text));
  heapUsed();
  // What finalizers let go of is collected next.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const heap = heapUsed();
  const line = { ...done, heap, rss: Deno.memoryUsage().rss };
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}
