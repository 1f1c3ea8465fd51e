/** A guest of which nobody knows what it needs is not made smaller step by step, until it cannot start. */
import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { startSimulator } from "../sim/mod.ts";
import { inFolder } from "../state/state_folder.ts";

const VMID = 201;

function settings(memory: number): Action {
  return { kind: "guest.settings", guest: VMID, params: { set: { memory }, unset: [] } };
}

async function ask(host: RunningEngine, action: Action) {
  const taken = await host.desk.request({ action, why: "A hub wants it" });
  await host.until(() => host.work.state.operations.unfinishedOf(VMID).length === 0);
  return taken;
}

/** The guest is stopped, and has figures of no run. */
function give(host: RunningEngine, memory: number): void {
  const guest = host.simulator.pve.world.guest(VMID);
  const options = new Map([...guest.config.options, ["memory", String(memory)]]);
  guest.config = { ...guest.config, options };
}

function memoryOf({ simulator }: RunningEngine): number {
  return Number(simulator.pve.world.guest(VMID).config.options.get("memory"));
}

Deno.test("A stopped guest that nobody saw run keeps half of its memory, however often it is asked", async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  await inFolder(async (folder) => {
    const options = { folder, on: simulator };
    {
      await using host = await runEngine(options);
      await host.until(() => host.engine.phase === "running");
      give(host, 8_192);
      for (let memory = 4_096; memory >= 64; memory /= 2) await ask(host, settings(memory));
      assertEquals(memoryOf(host), 4_096);
    }
    // And a restart forgets nothing.
    await using again = await runEngine(options);
    await again.until(() => again.engine.phase === "running");
    const refused = await ask(again, settings(2_048));
    assert(refused.outcome === "refused" && refused.code === "memory_in_use", refused.outcome);
    assertEquals(
      refused.why,
      "memory of 2048 MiB is under the 4096 MiB that are half of the 8192 MiB it had at most: " +
        "nobody knows what it needs.",
    );
    assertEquals(memoryOf(again), 4_096);
  });
});

Deno.test("Another guest under the VMID of one that is gone has a floor of its own", async () => {
  await using host = await runEngine({
    simulator: { scenario: "mixed", guests: 4, timeScale: 50 },
  });
  await host.until(() => host.engine.phase === "running");
  const { world } = host.simulator.pve;
  give(host, 8_192);
  assertEquals((await ask(host, settings(4_096))).outcome, "authorised");
  const { config } = world.guest(VMID);
  // Root destroys it, and makes another; in between somebody asks about it.
  world.guests.delete(VMID);
  assertEquals((await ask(host, settings(4_096))).outcome, "refused");
  world.addGuest(VMID, config);
  give(host, 1_024);
  assertEquals((await ask(host, settings(512))).outcome, "authorised");
  assertEquals(memoryOf(host), 512);
});
