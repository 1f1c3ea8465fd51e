/** One pool under two names gives away no more than under one. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { POLICY } from "../../src/gate/mod.ts";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { grantLeastPrivilege } from "../sim/pve/scenarios/least_privilege.ts";
import { startSimulator } from "../sim/mod.ts";
import { Storage } from "../sim/pve/world/storage.ts";
import { RULES } from "../support/rules.ts";

async function create(host: RunningEngine, guest: number, storage: string) {
  const params = {
    image: host.goldenImages[0]?.volume ?? "",
    ...{ storage, hostname: "x", cores: 1, memory: 128, swap: 0, onboot: false, tags: [] },
    network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
    description: "",
  };
  const action = { kind: "guest.create", guest, params };
  const taken = await host.desk.request({ action, why: "A hub wants it" });
  await host.until(() => host.work.state.operations.unfinishedOf(guest).length === 0);
  return taken;
}

Deno.test("A second name for a pool gives away nothing of what the first one has given", async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  const { world, access } = simulator.pve;
  const first = world.storage("local-zfs");
  class Same extends Storage {
    override get used(): number {
      return super.used + first.used;
    }
  }
  assert(world.storages instanceof Map);
  world.storages.set("zfs2", new Same({ ...first.options, id: "zfs2", otherUsed: 0 }));
  const storages = ["local", "local-zfs", "zfs2"];
  grantLeastPrivilege(access, {
    ...{ to: ["felhom@pve", "felhom@pve!agent"], node: "pve", storages, bridges: ["vmbr0"] },
  });
  const goldenImages = [...world.storage("local").files.values()].flatMap((file) =>
    file.kind === "backup" && file.vmid === 199 ? [{ volume: file.volid, bytes: file.size }] : []
  );
  const overcommit = {
    ...POLICY.overcommit,
    types: { ...POLICY.overcommit.types, zfspool: 0.1 },
  };
  await using host = await runEngine({
    on: simulator,
    goldenImages,
    rules: { ...RULES, allowed: { ...RULES.allowed, storages } },
    policy: { ...POLICY, overcommit },
  });
  await host.until(() => host.engine.phase === "running");
  let made = 0;
  while ((await create(host, 210 + made, "local-zfs")).outcome === "authorised") made++;
  assert(made > 0);
  const refused = await create(host, 250, "zfs2");
  assert(refused.outcome === "refused", `${made} on the first, and more on the second`);
  assertEquals(refused.code, "space_overcommit");
  assertStringIncludes(refused.why, "Storage zfs2 (one pool with local-zfs) has ");
});
