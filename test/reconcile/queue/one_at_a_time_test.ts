import { assert, assertEquals } from "@std/assert";
import { LaneQueue } from "../../../src/reconcile/queue/lane_queue.ts";
import { OneAtATime } from "../../../src/reconcile/queue/one_at_a_time.ts";
import type { Lane } from "../../../src/reconcile/queue/lane.ts";
import { FakeClock } from "../../support/fake_clock.ts";

function rig() {
  const clock = new FakeClock();
  const told: Lane[] = [];
  return { clock, told, single: new OneAtATime({ clock, onFree: (lane) => told.push(lane) }) };
}

Deno.test("One is inside at a time, and who it is can be asked", async () => {
  const { clock, single } = rig();
  assertEquals(single.inside, null);
  const stay = single.tryEnter(101);
  await clock.advance(1_500);
  assertEquals(single.tryEnter(102), null);
  assertEquals(single.tryEnter(101), null, "Not even the same one twice");
  assertEquals(single.inside, { lane: 101, forMs: 1_500 });
  stay?.leave();
  assertEquals(single.inside, null);
  assert(single.tryEnter(102) !== null);
});

Deno.test("All who were turned away are told once it is free, in their order, each once", () => {
  const { told, single } = rig();
  const stay = single.tryEnter(101);
  for (const lane of [103, 102, "host", 103] as const) single.tryEnter(lane);
  assertEquals(single.waiting, [103, 102, "host"]);
  assertEquals(told, []);
  stay?.leave();
  assertEquals(told, [103, 102, "host"]);
  assertEquals(single.waiting, []);
});

Deno.test("Who does not want to enter any more is not told", () => {
  const { told, single } = rig();
  const stay = single.tryEnter(101);
  single.tryEnter(102);
  single.tryEnter(103);
  single.forget(102);
  stay?.leave();
  assertEquals(told, [103]);
});

Deno.test("Leaving twice does not put the next one out", () => {
  const { told, single } = rig();
  const stay = single.tryEnter(101);
  stay?.leave();
  single.tryEnter(102);
  single.tryEnter(103);
  stay?.leave();
  assertEquals(single.inside?.lane, 102);
  assertEquals(told, []);
});

Deno.test("Who enters at the very moment it is told is inside, and the next waits again", () => {
  const clock = new FakeClock();
  const entered: (Lane | null)[] = [];
  const single: OneAtATime = new OneAtATime({
    clock,
    onFree: (lane) => entered.push(single.tryEnter(lane) === null ? null : lane),
  });
  const stay = single.tryEnter(101);
  single.tryEnter(102);
  single.tryEnter(103);
  stay?.leave();
  assertEquals(entered, [102, null]);
  assertEquals(single.waiting, [103]);
});

Deno.test("Three guests back up one after the other, and no worker blocks on it", async () => {
  const clock = new FakeClock();
  const queue = new LaneQueue({ clock });
  const single = new OneAtATime({ clock, onFree: (lane) => queue.mark(lane) });
  const { signal } = new AbortController();
  const done: Lane[] = [];
  let inside = 0;
  const worker = async () => {
    for (let hold = await queue.take(signal); hold !== null; hold = await queue.take(signal)) {
      const stay = single.tryEnter(hold.lane);
      if (stay === null) {
        hold.release();
        continue;
      }
      assertEquals(++inside, 1);
      await clock.sleep(60_000);
      inside -= 1;
      done.push(hold.lane);
      hold.release();
      stay.leave();
    }
  };
  const workers = [worker(), worker()];
  for (const vmid of [101, 102, 103]) queue.mark(vmid);
  await clock.settle();
  assertEquals(queue.busy, [101], "The second worker is free for other guests");
  await clock.advance(180_000);
  assertEquals(done, [101, 102, 103]);
  queue.close();
  await Promise.all(workers);
});
