import { assertEquals } from "@std/assert";
import {
  isClockBehind,
  newerThanState,
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

Deno.test("After a long time off, the mark follows within a day", () => {
  const start = begin(NOW - 30 * DAY);
  assertEquals(watch(23 * HOUR, () => ({}), start).mark, NOW - 30 * DAY);
  assertEquals(watch(24 * HOUR, () => ({}), start).mark, NOW + 24 * HOUR);
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

Deno.test("The state is older than the host when the node knows newer tasks of ours", () => {
  const seconds = NOW / 1000;
  const journal = { upids: new Set(["UPID:known", "UPID:late"]), lastWrite: NOW };
  const task = (upid: string, starttime: number) => ({ upid, starttime });
  assertEquals(newerThanState([], journal), []);
  assertEquals(newerThanState([task("UPID:known", seconds - 9)], journal), []);
  assertEquals(newerThanState([task("UPID:late", seconds + 9)], journal), []);
  // Made by an earlier state of this host, or by somebody else with the token, before this state.
  assertEquals(newerThanState([task("UPID:other", seconds - 9)], journal), []);
  const newer = task("UPID:other", seconds + 9);
  assertEquals(newerThanState([task("UPID:known", seconds), newer], journal), [newer]);
});
