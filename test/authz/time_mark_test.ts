import { assertEquals } from "@std/assert";
import {
  isClockBehind,
  nonceHorizon,
  observeTime,
  type TimeSample,
  type TimeWatch,
} from "../../src/authz/mod.ts";
import { MINUTE, NOW } from "./support/scene.ts";

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far the wall clock and the node's are off the truth, after `elapsed` milliseconds. */
type Clocks = (elapsed: number) => { readonly wall?: number; readonly node?: number };

/** Looks at the clocks once a minute, and says where the mark is then, relative to the truth. */
function watch(length: number, clocks: Clocks, start: TimeWatch = begin(NOW)): TimeWatch {
  let seen = start;
  for (let elapsed = 0; elapsed <= length; elapsed += MINUTE) {
    const { wall = 0, node = wall } = clocks(elapsed);
    const sample: TimeSample = {
      wall: NOW + elapsed + wall,
      node: Math.floor((NOW + elapsed + node) / 1000) * 1000,
      monotonic: 12_345 + elapsed,
    };
    seen = observeTime(seen, sample);
  }
  return seen;
}

function begin(mark: number): TimeWatch {
  return { mark, since: undefined };
}

Deno.test("The mark follows the clocks once they have gone alike for ten minutes", () => {
  assertEquals(watch(9 * MINUTE, () => ({})).mark, NOW);
  assertEquals(watch(10 * MINUTE, () => ({})).mark, NOW + 10 * MINUTE);
  assertEquals(watch(12 * HOUR, () => ({})).mark, NOW + 12 * HOUR);
});

Deno.test("One wild jump leaves no mark, however far it is and whenever it comes", () => {
  for (const length of [MINUTE, 9 * MINUTE, HOUR, 23 * HOUR]) {
    for (const jump of [2 * DAY, 365 * DAY, 73 * 365 * DAY]) {
      const wild: Clocks = (elapsed) => ({
        wall: elapsed >= HOUR && elapsed < HOUR + length ? jump : 0,
      });
      const { mark } = watch(2 * DAY, wild);
      assertEquals(mark, NOW + 2 * DAY, `${jump} ms ahead for ${length} ms`);
    }
  }
});

Deno.test("A small jump that is taken back within ten minutes leaves no mark", () => {
  const { mark } = watch(
    2 * HOUR,
    (elapsed) => ({ wall: elapsed >= HOUR && elapsed < HOUR + 9 * MINUTE ? 12 * HOUR : 0 }),
  );
  assertEquals(mark, NOW + 2 * HOUR);
});

Deno.test("After a long time off, the mark begins to follow after a day, and is there in a week", () => {
  const start = begin(NOW - 30 * DAY);
  assertEquals(watch(DAY - MINUTE, () => ({}), start).mark, NOW - 30 * DAY);
  assertEquals(watch(DAY, () => ({}), start).mark, NOW - 28 * DAY);
  assertEquals(watch(7 * DAY, () => ({}), start).mark, NOW + 7 * DAY);
});

Deno.test("After a night off, the mark has caught up in as long again", () => {
  const start = begin(NOW - 8 * HOUR);
  assertEquals(watch(4 * HOUR, () => ({}), start).mark, NOW);
  assertEquals(watch(8 * HOUR, () => ({}), start).mark, NOW + 8 * HOUR);
});

Deno.test("A state without a mark takes the time once the clocks have gone alike for a day", () => {
  assertEquals(watch(DAY - MINUTE, () => ({}), begin(0)).mark, 0);
  assertEquals(watch(DAY, () => ({}), begin(0)).mark, NOW + DAY);
});

Deno.test("A wrong time server puts the mark ahead of the truth by no more than the time it was believed", () => {
  // As far as may be, as often as may be: a little less than a day each ten minutes.
  const leaps: Clocks = (elapsed) => ({ wall: Math.floor(elapsed / (11 * MINUTE)) * (DAY - HOUR) });
  for (const length of [HOUR, 12 * HOUR, 2 * DAY]) {
    const ahead = watch(length, leaps).mark - (NOW + length);
    assertEquals(ahead <= length, true, `${ahead} ms ahead after ${length} ms`);
  }
  // Nor does it help to have the agent started anew with each leap.
  let seen = begin(NOW);
  for (let start = 0; start < 12; start++) {
    const wall = start * (DAY - HOUR);
    const { mark } = watch(11 * MINUTE, () => ({ wall }), begin(seen.mark));
    seen = begin(mark);
  }
  assertEquals(seen.mark <= NOW + 12 * 22 * MINUTE, true);
});

Deno.test("The mark stays where wall clock and node time differ", () => {
  assertEquals(watch(2 * HOUR, () => ({ wall: 0, node: HOUR })).mark, NOW);
  assertEquals(watch(2 * HOUR, () => ({ wall: HOUR, node: 0 })).mark, NOW);
});

Deno.test("The mark stays where the wall clock runs away from the monotonic one", () => {
  assertEquals(watch(2 * HOUR, (elapsed) => ({ wall: elapsed })).mark, NOW);
});

Deno.test("A clock set back never lowers the mark", () => {
  assertEquals(watch(2 * DAY, () => ({ wall: -30 * DAY })).mark, NOW);
});

Deno.test("Of two clocks that agree, the earlier counts", () => {
  assertEquals(watch(HOUR, () => ({ wall: 20_000, node: 0 })).mark, NOW + HOUR);
  assertEquals(watch(HOUR, () => ({ wall: 0, node: 20_000 })).mark, NOW + HOUR);
});

Deno.test("The clock is behind when it is more than five minutes before the mark", () => {
  assertEquals(isClockBehind(NOW, NOW + 5 * MINUTE), false);
  assertEquals(isClockBehind(NOW, NOW + 5 * MINUTE + 1), true);
  assertEquals(isClockBehind(NOW, Number.NaN), true);
  assertEquals(isClockBehind(Number.NaN, NOW), true);
});

Deno.test("A nonce is forgotten only when its document is refused without it", () => {
  const mark = NOW;
  const expires = nonceHorizon(mark) - 1;
  for (let now = mark - 10 * MINUTE; now < mark + 10 * MINUTE; now += 1000) {
    assertEquals(isClockBehind(now, mark) || now >= expires, true);
  }
});
