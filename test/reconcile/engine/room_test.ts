import { assert, assertEquals } from "@std/assert";
import type { DesiredGuest } from "../../../src/reconcile/desired/desired_state.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { runEngine, wanted } from "./run_engine.ts";

const GIB = 1024 ** 3;

/** A guest that is to be made from the golden image, of 4 GiB. */
function made(vmid: number, image: string): DesiredGuest {
  return wanted(vmid, {
    settings: { cores: 1, memory: 512 },
    create: {
      ...{ image, storage: "local-zfs", hostname: `new-${vmid}` },
      network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
    },
  });
}

/** The most guests that were made at one moment. */
function atOnce({ pve }: Simulator): number {
  const tasks = pve.world.tasks.all().filter(({ type }) => type === "vzrestore");
  return tasks.filter(({ ended }) => ended === undefined).length;
}

for (const [room, most] of [[6, 1], [10, 2], [100, 3]] as const) {
  Deno.test(`with ${room} GiB over the reserve, ${most} guests of 4 GiB are made at once, and all in the end`, async () => {
    await using simulator = await startSimulator({
      ...{ scenario: "mixed", guests: 1, timeScale: 50, taskMs: 40_000 },
    });
    const { world } = simulator.pve;
    const images = [...world.storages.values()].flatMap(({ files }) => [...files.values()])
      .flatMap((file) =>
        file.kind === "backup" && file.vmid === 199
          ? [{ volume: file.volid, bytes: file.size }]
          : []
      );
    const [image] = images;
    assert(image !== undefined);
    const { options: { total } } = world.storage("local-zfs");
    const reserve = Math.max(5 * GIB, Math.ceil(total * 0.1));
    simulator.pve.inject({ kind: "fill", storage: "local-zfs", leave: reserve + room * GIB });
    const vmids = [250, 251, 252];
    await using host = await runEngine({
      ...{ on: simulator, goldenImages: images },
      prepare: ({ want }) => void want(...vmids.map((vmid) => made(vmid, image.volume))),
    });
    let seen = 0;
    await host.until(() => {
      seen = Math.max(seen, atOnce(simulator));
      return vmids.every((vmid) => host.engine.ledger.record(vmid)?.converged === true);
    });
    assertEquals(seen, most);
    assertEquals(host.desk.convergence().quarantined, []);
  });
}
