import { assertEquals } from "@std/assert";
import type { Clock } from "../../../src/clock.ts";
import { scaledClock } from "../../sim/scaled_clock.ts";
import { until } from "../../sim/wire/until.ts";
import { startEngine } from "./engine_host.ts";
import { mixedWishes } from "./mixed_wishes.ts";

const GUESTS = 8;
const TIME_SCALE = 50;
const HOUR_MS = 60 * 60_000;

/** A clock whose time of day is set forward or back, while its waits go on. */
function jumpingClock(base: Clock): Clock & { jump(ms: number): void } {
  let ahead = 0;
  return {
    now: () => base.now() + ahead,
    monotonic: () => base.monotonic(),
    sleep: (ms, signal) => base.sleep(ms, signal),
    jump(ms) {
      ahead += ms;
    },
  };
}

for (
  const [name, hours] of [
    ["a day ahead", 24],
    ["a day back", -24],
    ["ten years ahead", 24 * 3650],
    ["ten years back", -24 * 3650],
  ] as const
) {
  Deno.test(`A clock that jumps ${name} in the middle of work loses and repeats nothing`, async () => {
    const clock = jumpingClock(scaledClock(TIME_SCALE));
    await using host = await startEngine({
      simulator: { scenario: "mixed", guests: GUESTS, timeScale: TIME_SCALE },
      clock,
    });
    const { simulator, want } = host.opened;
    simulator.wire.faults.add({ method: "POST", count: 2, fault: { kind: "reset_after" } });
    simulator.wire.faults.add({ method: "PUT", count: 2, fault: { kind: "reset_after" } });
    want(...mixedWishes(GUESTS));
    host.engine.passNow();
    const changes = () => simulator.wire.log.rows().filter(({ method }) => method !== "GET").length;
    await until(() => changes() >= GUESTS / 2);
    clock.jump(hours * HOUR_MS);
    await host.converged();
    assertEquals(host.problems({ oneClock: false }), []);
  });
}
