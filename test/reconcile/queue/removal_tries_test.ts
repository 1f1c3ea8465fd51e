import { assertEquals } from "@std/assert";
import { RemovalTries } from "../../../src/reconcile/queue/removal_tries.ts";

Deno.test("What could not be taken away is tried after 2 s, twice as late each time, an hour at most", () => {
  let time = 7;
  const tries = new RemovalTries({ clock: { monotonic: () => time }, random: () => 0.5 });
  const pauses: number[] = [];
  for (let failures = 1; failures <= 13; failures++) {
    tries.failed(299, `failure ${failures}`);
    assertEquals(tries.rest(299), `failure ${failures}`);
    assertEquals(tries.rest(298), null, "another guest's is tried");
    let waited = 0;
    while (tries.rest(299) !== null && waited < 10_000) {
      time += 1_000;
      waited++;
    }
    pauses.push(waited);
  }
  const doubled = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];
  assertEquals(pauses, [...doubled, 3600, 3600]);
  tries.failed(299, "again");
  tries.forget(299);
  assertEquals(tries.rest(299), null);
});
