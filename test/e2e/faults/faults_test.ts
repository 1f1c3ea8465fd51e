import { assert, assertEquals } from "@std/assert";
import { scaledClock } from "../../sim/scaled_clock.ts";
import { startEngine } from "./engine_host.ts";
import { strikeChanges, WIRE_FAULTS, WORLD_FAULTS } from "./fault_kinds.ts";
import { mixedWishes } from "./mixed_wishes.ts";

/** Guests of the mixed host: half of them are to change their memory, the others to start. */
const GUESTS = 8;

for (const [name, fault] of Object.entries(WIRE_FAULTS)) {
  Deno.test(`When ${name}, nothing is lost or sent twice, and the host converges`, async () => {
    await using host = await startEngine({
      simulator: { scenario: "mixed", guests: GUESTS, timeScale: 50 },
      // Silence is waited for to the limit of a call.
      ...(fault.kind === "silence" ? { callClock: scaledClock(50) } : {}),
    });
    const { simulator, want } = host.opened;
    for (const rule of strikeChanges(fault)) simulator.wire.faults.add(rule);
    want(...mixedWishes(GUESTS));
    host.engine.passNow();
    await host.converged();
    assertEquals(host.problems(), []);
    const struck = simulator.wire.faults.list().reduce((sum, rule) => sum + rule.struck, 0);
    assert(struck > 0, "the fault never struck");
  });
}

for (const [name, faultsOf] of Object.entries(WORLD_FAULTS)) {
  Deno.test(`When ${name}, nothing is lost or sent twice, and the host converges`, async () => {
    await using host = await startEngine({
      simulator: { scenario: "mixed", guests: GUESTS, timeScale: 50 },
    });
    const { simulator, want } = host.opened;
    const guests = mixedWishes(GUESTS);
    for (const { vmid } of guests) for (const each of faultsOf(vmid)) simulator.pve.inject(each);
    want(...guests);
    host.engine.passNow();
    await host.converged();
    assertEquals(host.problems(), []);
  });
}
