import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "../../support/fake_clock.ts";
import { Gate } from "./gate.ts";
import { Latency } from "./latency.ts";

const OPEN = new AbortController().signal;

/** Calls a second under the measured profile, with so many in flight. */
async function measuredRate(inFlight: number, proxied: boolean): Promise<number> {
  const clock = new FakeClock();
  const latency = new Latency(clock, "measured", OPEN);
  let done = 0;
  const work = async () => {
    for (;;) {
      await latency.pass({ proxied });
      done++;
    }
  };
  for (let index = 0; index < inFlight; index++) void work();
  await clock.advance(1000);
  return done;
}

Deno.test("the measured profile gives the rates of a real host with two cores", async () => {
  const cases = [
    { proxied: false, inFlight: 1, rate: 885 },
    { proxied: false, inFlight: 8, rate: 1716 },
    { proxied: true, inFlight: 1, rate: 46 },
    { proxied: true, inFlight: 8, rate: 85 },
  ];
  for (const { proxied, inFlight, rate } of cases) {
    const ours = await measuredRate(inFlight, proxied);
    assert(
      Math.abs(ours / rate - 1) < 0.1,
      `${ours} instead of ${rate} with ${inFlight} in flight`,
    );
  }
});

Deno.test("a fixed latency holds for every call by itself, none holds nothing up", async () => {
  const clock = new FakeClock();
  const fixed = new Latency(clock, 40, OPEN);
  const done: number[] = [];
  for (let index = 0; index < 5; index++) {
    fixed.pass({ proxied: true })?.then(() => done.push(clock.monotonic()));
  }
  await clock.advance(100);
  assertEquals(done, [40, 40, 40, 40, 40]);
  assertEquals(new Latency(clock, "none", OPEN).pass({ proxied: true }), undefined);
  assertEquals(new Latency(clock, 0, OPEN).pass({ proxied: true }), undefined);
});

Deno.test("a gate lets in as many as it has places, in order, also after failures", async () => {
  const gate = new Gate(2);
  const order: string[] = [];
  const releases = new Map<string, PromiseWithResolvers<void>>();
  const enter = (name: string) => {
    const release = Promise.withResolvers<void>();
    releases.set(name, release);
    return gate.run(() => {
      order.push(name);
      return release.promise;
    }).catch(() => {});
  };
  const all = ["a", "b", "c", "d"].map(enter);
  assertEquals([order, gate.taken, gate.waiting], [["a", "b"], 2, 2]);
  releases.get("b")?.reject(new Error("b fails"));
  await all[1];
  await Promise.resolve();
  assertEquals([order, gate.taken, gate.waiting], [["a", "b", "c"], 2, 1]);
  for (const release of releases.values()) release.resolve();
  await Promise.all(all);
  assertEquals([order, gate.taken], [["a", "b", "c", "d"], 0]);
});
