import { assert, assertEquals } from "@std/assert";
import { type HostReads, newObservation, observe, pause } from "../../src/daemon/observe.ts";
import { FelhomError } from "../../src/errors.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A host that answers, or fails with what `fail` gives. */
function host(fail: () => Error | undefined): HostReads & { readonly asked: string[] } {
  const asked: string[] = [];
  const answer = <T>(name: string, value: T): Promise<T> => {
    asked.push(name);
    const error = fail();
    return error === undefined ? Promise.resolve(value) : Promise.reject(error);
  };
  return {
    asked,
    version: () => answer("version", "9.2.3"),
    nodes: () => answer("nodes", ["pve"]),
    guests: () => answer("guests", [{ status: "running" }, { status: "stopped" }]),
  };
}

Deno.test("The host is read at once, and then at the interval", async () => {
  const clock = new FakeClock();
  const ending = new AbortController();
  const observation = newObservation();
  const reads = host(() => undefined);
  const { signal } = ending;
  const done = observe(reads, observation, { clock, random: () => 0.5, log: silentLogger, signal });
  await clock.settle();
  assertEquals(observation.rounds, 1);
  assertEquals(observation.lastRead?.guests, { total: 2, running: 1 });
  await clock.advance(29_999);
  assertEquals(observation.rounds, 1);
  await clock.advance(1);
  assertEquals(observation.rounds, 2);
  ending.abort();
  await done;
  assertEquals(clock.sleeping, 0);
});

Deno.test("A failure is kept, counted, and survived", async () => {
  const clock = new FakeClock();
  const ending = new AbortController();
  const observation = newObservation();
  let error: Error | undefined = new FelhomError("proxmox.refused", "Nobody there", {
    hint: "Look",
  });
  const { signal } = ending;
  const done = observe(host(() => error), observation, {
    clock,
    random: () => 0.5,
    log: silentLogger,
    signal,
  });
  await clock.advance(60_000);
  assertEquals([observation.rounds, observation.failing], [3, 3]);
  const { code, message, hint } = observation.lastError ?? {};
  assertEquals([code, message, hint], ["proxmox.refused", "Nobody there", "Look"]);
  error = new TypeError("x is undefined");
  await clock.advance(30_000);
  assertEquals(observation.lastError?.code, "internal.bug");
  error = undefined;
  await clock.advance(30_000);
  assertEquals([observation.rounds, observation.failing], [5, 0]);
  assert((observation.lastRead?.at ?? 0) > (observation.lastError?.at ?? 0));
  ending.abort();
  await done;
});

Deno.test("An end in the middle of a read is no failure", async () => {
  const ending = new AbortController();
  const observation = newObservation();
  const reads: HostReads = {
    ...host(() => undefined),
    version: (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  };
  const { signal } = ending;
  const clock = new FakeClock();
  const done = observe(reads, observation, { clock, random: () => 0.5, log: silentLogger, signal });
  ending.abort(new Error("Told to end"));
  await done;
  assertEquals([observation.lastError, observation.failing], [undefined, 0]);
});

Deno.test("Two daemons do not read in step: the pause is spread by a fifth", () => {
  assertEquals([0, 0.5, 1].map(pause), [24_000, 30_000, 36_000]);
});
