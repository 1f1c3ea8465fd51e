import { assert, assertEquals, assertMatch } from "@std/assert";
import { Lifetimes } from "../../../src/reconcile/settling/lifetimes.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const MINUTE = 60_000;
const LIMIT = 30 * MINUTE;

function scene(mark = 0) {
  const clock = new FakeClock();
  const lifetimes = new Lifetimes({ clock, limitMs: LIMIT, timeMark: () => mark });
  const over = (createdAt: number, expiresAt: number | null = null) =>
    lifetimes.whyOver({ id: "1", createdAt, expiresAt });
  return { clock, lifetimes, over };
}

Deno.test("a request lives for its time and no longer, whatever the time of day says", async () => {
  const { clock, lifetimes, over } = scene();
  const createdAt = clock.now();
  lifetimes.admit("1");
  await clock.advance(LIMIT - 1);
  assertEquals(over(createdAt), undefined);
  // A clock that is set by years changes nothing in this process.
  assertEquals(over(createdAt - 1e12), undefined);
  assertEquals(over(createdAt + 1e12), undefined);
  await clock.advance(1);
  assertMatch(over(createdAt) ?? "", /waited for 30 minutes.*ask again/);
  assertMatch(over(createdAt + 1e12) ?? "", /waited for 30 minutes/);
});

Deno.test("excused time does not count, and all other time does", async () => {
  const { clock, lifetimes, over } = scene();
  const createdAt = clock.now();
  lifetimes.admit("1");
  await clock.advance(20 * MINUTE);
  lifetimes.pause("1");
  await clock.advance(15 * MINUTE);
  assertEquals(over(createdAt), undefined);
  await clock.advance(9 * MINUTE);
  assertEquals(over(createdAt), undefined);
  await clock.advance(14 * MINUTE);
  lifetimes.excuse("1", 14 * MINUTE);
  assertEquals(over(createdAt), undefined);
  await clock.advance(1 * MINUTE);
  assert(over(createdAt) !== undefined);
});

Deno.test("after an hour a request is given up, whatever of that is excused", async () => {
  for (const excuse of ["pause", "excuse"] as const) {
    const { clock, lifetimes, over } = scene();
    const createdAt = clock.now();
    lifetimes.admit("1");
    const wait = async (ms: number) => {
      if (excuse === "pause") lifetimes.pause("1");
      await clock.advance(ms);
      if (excuse === "excuse") lifetimes.excuse("1", ms);
    };
    for (let minute = 0; minute < 59; minute++) await wait(MINUTE);
    await wait(MINUTE - 1);
    assertEquals(over(createdAt), undefined);
    await wait(1);
    assertMatch(over(createdAt) ?? "", /60 minutes with all that it waited behind/);
  }
});

Deno.test("of the hour, what passed in an earlier process is over", async () => {
  const { clock, lifetimes, over } = scene();
  const createdAt = clock.now() - 20 * MINUTE;
  assertEquals(over(createdAt), undefined);
  lifetimes.pause("1");
  await clock.advance(40 * MINUTE - 1);
  assertEquals(over(createdAt), undefined);
  lifetimes.pause("1");
  await clock.advance(1);
  assertMatch(over(createdAt) ?? "", /60 minutes/);
});

Deno.test("what an earlier process took is as old as the latest time that was believed says", async () => {
  const { clock, over } = scene();
  assertEquals(over(clock.now() - 29 * MINUTE), undefined);
  await clock.advance(MINUTE);
  assert(over(clock.now()) !== undefined);
  for (const [createdAgo, lives] of [[LIMIT - 1, true], [LIMIT, false], [1e12, false]] as const) {
    const later = scene();
    assertEquals(later.over(later.clock.now() - createdAgo) === undefined, lives);
  }
  // The clock was set back: what was believed before counts.
  const back = scene(new FakeClock().now() + LIMIT);
  assert(back.over(back.clock.now()) !== undefined);
});

Deno.test("what was taken at a time that is yet to come is not believed", () => {
  for (const [ahead, lives] of [[MINUTE, true], [MINUTE + 1, false], [1e12, false]] as const) {
    const { clock, over } = scene();
    const why = over(clock.now() + ahead);
    assertEquals(why === undefined, lives);
    if (!lives) assertMatch(why ?? "", /yet to come/);
  }
});

Deno.test("an end that whoever asked has set comes first, and never later than the agent's own", async () => {
  const { clock, lifetimes, over } = scene();
  const createdAt = clock.now();
  lifetimes.admit("1");
  assertEquals(over(createdAt, createdAt + 1), undefined);
  assertMatch(over(createdAt, createdAt) ?? "", /its own time was over/);
  await clock.advance(LIMIT);
  assertMatch(over(createdAt, createdAt + 1e12) ?? "", /waited for 30 minutes/);
});

Deno.test("nothing is counted for a request that is not known", async () => {
  const { clock, lifetimes, over } = scene();
  lifetimes.pause("1");
  lifetimes.excuse("1", MINUTE);
  await clock.advance(LIMIT);
  assertEquals(over(clock.now() - LIMIT + 1), undefined);
});
