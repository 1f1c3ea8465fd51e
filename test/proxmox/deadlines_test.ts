import { assertEquals } from "@std/assert";
import { Deadlines } from "../../src/proxmox/deadlines.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("each limit expires in its time, whichever was set first, and a deleted one never", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const limit = (name: string) => () => void expired.push(`${name} at ${clock.monotonic()}`);
  const dropped = limit("dropped");
  deadlines.add(limit("slow"), 3_000);
  deadlines.add(limit("fast"), 1_000);
  deadlines.add(dropped, 2_000);
  deadlines.delete(dropped);
  await clock.advance(500);
  deadlines.add(limit("late"), 1_000);
  await clock.advance(10_000);
  assertEquals(expired, ["fast at 1000", "late at 1500", "slow at 3000"]);
  assertEquals(clock.sleeping, 0);
});

Deno.test("a limit that is set while another expires holds, and closing forgets all", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const expired: number[] = [];
  deadlines.add(() => deadlines.add(() => void expired.push(clock.monotonic()), 100), 100);
  await clock.advance(1_000);
  assertEquals(expired, [200]);
  deadlines.add(() => void expired.push(-1), 100);
  deadlines.close();
  await clock.advance(1_000);
  assertEquals([expired, clock.sleeping], [[200], 0]);
});
