import { assert, assertEquals } from "@std/assert";
import { until } from "../../sim/wire/until.ts";
import { startEngine } from "./engine_host.ts";
import { mixedWishes } from "./mixed_wishes.ts";

const GUESTS = 6;
const HOUR_MS = 60 * 60_000;
/** Twelve hours pass in some seconds. */
const TIME_SCALE = 10_000;

Deno.test("A server that is gone for twelve hours is asked patiently, and then all is made good", async () => {
  await using host = await startEngine({
    simulator: { scenario: "mixed", guests: GUESTS, timeScale: TIME_SCALE },
  });
  const { simulator, want, work } = host.opened;
  const { wire, clock } = simulator;
  await until(() => host.engine.report().lastPass !== null);
  const gone = wire.faults.add({ fault: { kind: "reset_before" } });
  want(...mixedWishes(GUESTS));
  const began = { at: clock.monotonic(), requests: wire.log.traffic.requests };
  await clock.sleep(12 * HOUR_MS);
  const asked = wire.log.traffic.requests - began.requests;
  const hours = (clock.monotonic() - began.at) / HOUR_MS;
  // Once a pass at most, with the few attempts that a read may take.
  assert(asked > 0 && asked < hours * 600, `${asked} requests in ${hours} hours`);
  assert(wire.log.rows().every(({ method }) => method === "GET"), "something was to be changed");
  assert(host.engine.report().failing > 0);
  wire.faults.remove(gone);
  await host.converged();
  assertEquals(host.problems(), []);
  assertEquals(work.state.operations.list().length, GUESTS);
});
