import { assertEquals } from "@std/assert";
import { startEngine } from "./engine_host.ts";
import { WORLD_FAULTS } from "./world_faults.ts";
import { mixedWishes } from "./mixed_wishes.ts";

/** Guests of the mixed host: half of them are to change their memory, the others to start. */
const GUESTS = 8;

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
