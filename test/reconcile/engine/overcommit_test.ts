import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { POLICY } from "../../../src/gate/mod.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { runEngine, type RunningEngine } from "./run_engine.ts";

const GIB = 1024 ** 3;
const STORAGE = "local-zfs";

function guestsOf({ pve: { world } }: Simulator): number[] {
  return [...world.guests.keys()].filter((vmid) => vmid >= 200 && vmid < 300);
}

/** Asks for a snapshot of each guest, again and again, as a hub would. */
async function snapshotAll(
  host: RunningEngine,
  { names, guests }: { readonly names: readonly string[]; readonly guests: readonly number[] },
): Promise<{ readonly taken: number; readonly refused: readonly string[] }> {
  const refused: string[] = [];
  for (const snapshot of names) {
    for (const guest of guests) {
      const taken = await host.desk.request({
        action: { kind: "guest.snapshot", guest, params: { snapshot, description: "" } },
        why: "the hub asks for it",
      });
      if (taken.outcome === "refused") refused.push(taken.code);
      await host.until(() => host.work.state.operations.unfinishedOf(guest).length === 0);
    }
  }
  return { taken: await succeeded(host), refused };
}

function succeeded({ work }: RunningEngine): number {
  return work.state.operations.list({ limit: 500 })
    .filter((row) => "id" in row && row.state === "succeeded").length;
}

/** What the storage would hold, were all volumes and snapshots full. */
function provisioned({ pve: { world } }: Simulator): number {
  return [...world.guests.values()].reduce(
    (sum, { config }) => sum + 4 * GIB * (1 + config.snapshots.size),
    0,
  );
}

Deno.test("snapshots end where more would be given away than may be, however little each writes", async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 12, timeScale: 50 });
  await using host = await runEngine({ on: simulator });
  await host.until(() => host.engine.phase === "running");
  const status = await host.work.eyes.reads.storageStatus(STORAGE);
  const total = status.total ?? 0;
  const before = provisioned(simulator);
  simulator.pve.inject({
    ...{ kind: "fill", storage: STORAGE, leave: Math.ceil(total * 0.3) + 12 * GIB },
  });
  const { avail = 0 } = await host.work.eyes.reads.storageStatus(STORAGE);
  const guests = guestsOf(simulator);
  // What others have filled is theirs: the ratio is for what they leave, at most all but their part.
  const others = total - avail - before;
  // Of all that may be given away a tenth is for signed work.
  const left = (others + (total - others) * 1.5) * 0.9 - others - before;
  const names = Array.from({ length: 7 }, (_, index) => `hub-${index}`);
  const { taken, refused } = await snapshotAll(host, { names, guests });
  assertEquals([...new Set(refused)], ["space_overcommit"]);
  assertGreater(taken, 12, "what there is room for is let through");
  assertLess(taken * 4 * GIB, left);
  assertLess(taken * 4 * GIB, avail, "they could all be full");
  assertEquals(provisioned(simulator), before + taken * 4 * GIB);
});

Deno.test("what work under way gives away is not given away twice", async () => {
  await using simulator = await startSimulator({
    ...{ scenario: "mixed", guests: 12, timeScale: 50, taskMs: 20_000 },
  });
  const total = simulator.pve.world.storage(STORAGE).options.total;
  const before = provisioned(simulator);
  // Room for three snapshots more, and eight are asked for at once.
  const ratio = (before + 3 * 4 * GIB + GIB) / total;
  const policy = {
    ...{ ...POLICY, signedShare: 0 },
    overcommit: { ...POLICY.overcommit, storages: { [STORAGE]: ratio } },
  };
  await using host = await runEngine({ on: simulator, policy });
  await host.until(() => host.engine.phase === "running");
  const guests = guestsOf(simulator).slice(0, 8);
  await Promise.all(guests.map((guest) =>
    host.desk.request({
      action: { kind: "guest.snapshot", guest, params: { snapshot: "now", description: "" } },
      why: "all at once",
    })
  ));
  await host.quiet();
  assertEquals(provisioned(simulator), before + 3 * 4 * GIB);
});

Deno.test("a host over its ratio goes on, and takes a snapshot again once one was deleted", async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 2, timeScale: 50 });
  const total = simulator.pve.world.storage(STORAGE).options.total;
  const ratio = (provisioned(simulator) + 4 * GIB + GIB) / total;
  const policy = {
    ...{ ...POLICY, signedShare: 0 },
    overcommit: { ...POLICY.overcommit, storages: { [STORAGE]: ratio } },
  };
  await using host = await runEngine({ on: simulator, policy });
  await host.until(() => host.engine.phase === "running");
  const one = await snapshotAll(host, { names: ["one", "two"], guests: [200] });
  assertEquals(one, { taken: 1, refused: ["space_overcommit"] });
  const start = await host.desk.request({
    ...{ action: { kind: "guest.start", guest: 201, params: {} }, why: "it goes on" },
  });
  assertEquals(start.outcome, "authorised");
  await host.until(() => host.work.state.operations.unfinishedOf(201).length === 0);
  // As when the agent's own deletion ends: what was read before is read anew.
  const deletion = host.work.claims.claim({ kind: "guest.delete_snapshot" }, {
    ...{ storages: {}, reservations: {}, expectedBytes: 0 },
  });
  const guest = simulator.pve.world.guest(200);
  guest.config = withoutSnapshots(guest.config);
  deletion[Symbol.dispose]();
  assertEquals((await snapshotAll(host, { names: ["three"], guests: [200] })).refused, []);
});

function withoutSnapshots<Config extends { readonly options: ReadonlyMap<string, string> }>(
  config: Config,
): Config {
  const options = new Map([...config.options].filter(([key]) => key !== "parent"));
  return { ...config, options, snapshots: new Map() };
}
