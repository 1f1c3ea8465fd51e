import { assertEquals } from "@std/assert";
import { systemClock } from "../../../src/clock.ts";
import { LaneQueue } from "../../../src/reconcile/queue/lane_queue.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { testLanes } from "./conformance.ts";
import { testLanesAgainstModel } from "./model.ts";

testLanes({ name: "LaneQueue", make: (clock) => new LaneQueue({ clock }) });
testLanesAgainstModel({ name: "LaneQueue", make: (clock) => new LaneQueue({ clock }) });

Deno.test("LaneQueue: with the machine's clock a delay ends, and closing leaves no timer", async () => {
  const queue = new LaneQueue({ clock: systemClock });
  const { signal } = new AbortController();
  queue.mark(101);
  (await queue.take(signal))?.release({ againInMs: 5 });
  const again = await queue.take(signal);
  assertEquals(again?.lane, 101);
  again?.release({ againInMs: 3_600_000 });
  const waits = queue.take(signal);
  queue.close();
  assertEquals(await waits, null);
});

Deno.test("LaneQueue: a timer that ends early is set again", async () => {
  const clock = new FakeClock();
  let early = 3;
  const hasty = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(early-- > 0 ? ms - 1 : ms, signal),
  };
  const queue = new LaneQueue({ clock: hasty });
  const { signal } = new AbortController();
  queue.mark(101);
  (await queue.take(signal))?.release({ againInMs: 1_000 });
  const given: unknown[] = [];
  const taken = queue.take(signal).then((hold) => given.push(hold?.lane));
  await clock.advance(999);
  assertEquals(given, []);
  await clock.advance(1);
  await taken;
  assertEquals(given, [101]);
});
