import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Clock } from "../../../src/clock.ts";
import { convergenceOf } from "../../../src/reconcile/engine/convergence.ts";
import { sentenceOf } from "../../../src/reconcile/engine/sentence.ts";
import type { Simulator } from "../../sim/mod.ts";
import { Wire } from "../../sim/wire/mod.ts";
import { until } from "../../sim/wire/until.ts";
import { heapUsed } from "../../support/heap_used.ts";
import { startEngine } from "./engine_host.ts";
import { mixedWishes } from "./mixed_wishes.ts";
import { pliantClock } from "./pliant_clock.ts";

const GUESTS = 6;
const HOUR_MS = 60 * 60_000;
/** Twelve hours pass in some seconds. */
const TIME_SCALE = 5_000;
/** What is held to the limits of a call goes slower: a busy machine must not run into them. */
const CAREFUL_TIME_SCALE = 50;
/** A pass every 24 s at most, and a read is tried three times; two reads go side by side. */
const MOST_ATTEMPTS_AN_HOUR = 150 * 3 * 2;
/** What the heap may gain in eleven hours, bytes: a row kept of every pass would take more. */
const HEAP_GAIN = 8 * 1024 * 1024;

Deno.test("a server that is gone for twelve hours is asked patiently, and then all is made good", async () => {
  const clock = pliantClock(CAREFUL_TIME_SCALE);
  await using host = await startEngine({
    simulator: { scenario: "mixed", guests: GUESTS, clock },
    clock,
    callClock: clock,
    connectLimitMs: 10_000 * TIME_SCALE,
  });
  const { engine, opened: { simulator, want, work: { state } } } = host;
  await until(() => engine.report().lastPass !== null);
  const { port } = simulator.wire;
  await simulator.wire.stop();
  want(...mixedWishes(GUESTS));
  clock.shift(TIME_SCALE);
  const gone = clock.monotonic();
  const hours = () => (clock.monotonic() - gone) / HOUR_MS;

  // Whoever listens there for six hours closes the door, and counts.
  let attempts = 0;
  {
    using door = Deno.listen({ hostname: "127.0.0.1", port });
    const counting = (async () => {
      for await (const caller of door) {
        attempts++;
        caller.close();
      }
    })();
    await clock.sleep(HOUR_MS);
    const after = { hours: hours(), attempts, heap: heapUsed(), audit: state.audit.head().seq };
    await clock.sleep(5 * HOUR_MS);
    const anHour = (attempts - after.attempts) / (hours() - after.hours);
    assert(anHour > 0 && anHour < MOST_ATTEMPTS_AN_HOUR, `${anHour} attempts an hour`);
    door.close();
    await counting;
    // Then nobody does: the port is closed.
    await clock.sleep(6 * HOUR_MS);
    assert(hours() >= 12, `${hours()} hours`);
    const gain = heapUsed() - after.heap;
    assert(gain < HEAP_GAIN, `the heap has gained ${gain} bytes`);
    assertEquals(state.audit.head().seq, after.audit);
  }

  clock.shift(CAREFUL_TIME_SCALE);
  const { failing, queued } = engine.report();
  assert(failing > 100, `${failing} passes have failed`);
  assertEquals(queued, 0);
  // At the fast pace the limit of a call may have passed before the refusal was told.
  await until(() => engine.report().failing > failing + 1);
  assertEquals(engine.report().lastError?.code, "proxmox.refused");
  assertStringIncludes(sentenceOf(engine, 200), "connection refused");
  assertEquals(state.operations.list(), []);
  assertEquals(state.quarantines.all(), []);

  await using back = await wireAgain(simulator, { clock, port });
  await host.converged();
  await until(() => convergenceOf(engine).waiting.length === 0);
  assertEquals(convergenceOf(engine).quarantined, []);
  assertEquals(host.problems({ requests: back.log.rows() }), []);
  const done = state.operations.list({ limit: 1_000 }).filter((row) =>
    !("unreadable" in row) && row.state === "succeeded"
  );
  assertEquals(done.length, GUESTS);
});

/** The same host on the same port again. */
async function wireAgain(
  { pve, tls }: Simulator,
  { clock, port }: { readonly clock: Clock; readonly port: number },
): Promise<Wire & AsyncDisposable> {
  const wire = await Wire.start({ api: pve, clock, tls, port });
  return Object.assign(wire, { [Symbol.asyncDispose]: () => wire.stop() });
}
