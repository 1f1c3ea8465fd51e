import { assertEquals } from "@std/assert";
import { Departures } from "../../../src/reconcile/settling/departures.ts";

/** Departures and a clock of theirs. */
function opened() {
  const time = { now: 1_000 };
  return { time, departures: new Departures({ monotonic: () => time.now }) };
}

Deno.test("An operation is under way since it was begun, and at work since it was last seen to be", () => {
  const { time, departures } = opened();
  departures.note("a");
  time.now += 300;
  departures.atWork("a");
  time.now += 20;
  assertEquals([departures.elapsedMs("a"), departures.sinceAtWorkMs("a")], [320, 20]);
  assertEquals(departures.ageMs, 320);
  departures.forget("a");
  assertEquals([departures.elapsedMs("a"), departures.sinceAtWorkMs("a")], [null, 20]);
  departures.atWork("a");
  time.now += 5;
  assertEquals(departures.sinceAtWorkMs("a"), 25, "what has ended is not at work");
});

Deno.test("Of what an earlier process began nothing is known", () => {
  const { departures } = opened();
  departures.atWork("a");
  assertEquals([departures.elapsedMs("a"), departures.sinceAtWorkMs("a")], [null, null]);
});

Deno.test("Of a thousand operations it is known when they were at work, of the latest ones", () => {
  const { departures } = opened();
  for (let id = 0; id < 1_002; id++) departures.note(`${id}`);
  const known = (id: number) => departures.sinceAtWorkMs(`${id}`) !== null;
  assertEquals([0, 1, 2, 1_001].map(known), [false, false, true, true]);
  departures.note("2");
  departures.note("new");
  assertEquals([2, 3, 4].map(known), [true, false, true], "one that begins again is the latest");
});
