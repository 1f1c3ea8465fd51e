import { assertEquals } from "@std/assert";
import { TaskPace } from "../../src/proxmox/mod.ts";

/** First looks at tasks that end so long after their start each, looked at every second from then on. */
function firstLooks(...ends: readonly number[]): number[] {
  const pace = new TaskPace();
  return ends.map((end) => {
    const first = pace.firstLookMs("vzstart");
    pace.ended("vzstart", first + Math.ceil(Math.max(0, end - first) / 1_000) * 1_000);
    return first;
  });
}

Deno.test("a kind of task that nobody has seen is looked at after a second", () => {
  const pace = new TaskPace();
  pace.ended("vzdump", 2_000);
  assertEquals([pace.firstLookMs("vzstart"), pace.firstLookMs("vzdump")], [1_000, 2_000]);
});

Deno.test("what has become slower is soon known to be, and what has become faster in steps", () => {
  assertEquals(firstLooks(300, 300, 2_500, 2_500, 2_500), [1_000, 1_000, 1_000, 2_000, 3_000]);
  assertEquals(firstLooks(3_000, 3_000, 900, 900, 900, 900, 900, 900, 900, 900), [
    ...[1_000, 2_000, 3_000, 3_000, 3_000, 2_000, 2_000, 2_000, 2_000, 1_000],
  ]);
});

Deno.test("what takes long is looked at after five seconds all the same, and one alone counts little", () => {
  const long = 600_000;
  assertEquals(firstLooks(long, long, long, long, long), [1_000, 2_000, 4_000, 5_000, 5_000]);
  assertEquals(firstLooks(900, long, 900), [1_000, 1_000, 2_000]);
});
