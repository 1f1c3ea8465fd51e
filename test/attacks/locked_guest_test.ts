/** What the agent made and somebody locks or starts: it is not taken away again without a signature. */
import { assert, assertEquals } from "@std/assert";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { withOptions } from "../sim/pve/world/config_change.ts";
import { runGuest } from "../sim/pve/world/guest_start.ts";
import { startSimulator } from "../sim/mod.ts";

const SCRATCH = 299;
const MADE = 205;

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Does something right after the first destruction of a guest was begun; that one fails. */
function atFirstDestroy(
  { simulator: { pve } }: RunningEngine,
  vmid: number,
  then: () => void,
): void {
  const fate = { kind: "fail", message: "dataset is busy" } as const;
  pve.inject({ kind: "task", type: "vzdestroy", vmid, fate });
  const { tasks } = pve.world;
  const before = tasks.fateOf;
  let isFirst = true;
  tasks.fateOf = (type, id) => {
    if (type === "vzdestroy" && isFirst) {
      isFirst = false;
      setTimeout(then, 5);
    }
    return before(type, id);
  };
}

function lock({ simulator: { pve: { world } } }: RunningEngine, vmid: number, to?: string): void {
  const guest = world.guest(vmid);
  guest.config = withOptions(guest.config, { lock: to });
}

/** A guest that is not what was asked for: somebody renames it as it is made. */
async function makeFlawed(host: RunningEngine): Promise<void> {
  const { world } = host.simulator.pve;
  const { tasks } = world;
  await host.desk.request({
    action: {
      kind: "guest.create",
      guest: MADE,
      params: {
        image: host.goldenImages[0]?.volume ?? "",
        storage: "local-zfs",
        hostname: "customer-a",
        network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
        ...{ cores: 1, memory: 512, swap: 512, onboot: false, tags: [], description: "" },
      },
    },
    why: "A hub wants it",
  });
  await host.until(() => world.guests.has(MADE));
  while (tasks.running("vzrestore", String(MADE)).length > 0) await turn();
  const guest = world.guest(MADE);
  guest.config = withOptions(guest.config, { hostname: "other" });
}

/** Passes over the guest, whatever the agent would do with it now. */
async function stays(host: RunningEngine, vmid: number): Promise<void> {
  const before = host.sent().filter((call) => call.startsWith("DELETE")).length;
  for (let passes = 0; passes < 3; passes++) {
    host.engine.wake(vmid);
    await host.quiet();
  }
  assert(host.simulator.pve.world.guests.has(vmid), "it is there");
  assertEquals(host.sent().filter((call) => call.startsWith("DELETE")).length, before);
}

for (const vmid of [MADE, SCRATCH]) {
  for (const held of ["mounted", "backup"]) {
    Deno.test(`What somebody locked (${held}) is kept for good, the lock taken off again: guest ${vmid}`, async () => {
      await using simulator = await startSimulator({ timeScale: 50, taskMs: 20_000 });
      await using host = await runEngine({ on: simulator });
      await host.until(() => host.engine.phase === "running");
      const known = () => host.work.state.guests.get(vmid);
      atFirstDestroy(host, vmid, () => lock(host, vmid, held));
      if (vmid === SCRATCH) await host.desk.selftest(null);
      else await makeFlawed(host);
      await host.until(() => {
        host.engine.wake(vmid);
        const made = known();
        return made !== undefined &&
          (vmid === SCRATCH ? made.scratchLostAt !== null : made.ranAt !== null);
      });
      lock(host, vmid);
      await stays(host, vmid);
      assertEquals(host.work.state.transactions.open(), []);
    });
  }
}

Deno.test("Scratch that the agent has stopped and that runs is somebody's, though no task shows the start", async () => {
  await using simulator = await startSimulator({ timeScale: 50 });
  const { world } = simulator.pve;
  await using host = await runEngine({ on: simulator });
  await host.until(() => host.engine.phase === "running");
  atFirstDestroy(host, SCRATCH, () => runGuest(world, world.guest(SCRATCH)));
  await host.desk.selftest(null);
  await host.until(() => typeof host.work.state.guests.get(SCRATCH)?.scratchLostAt === "number");
  await stays(host, SCRATCH);
  assert(world.isRunning(SCRATCH));
});
