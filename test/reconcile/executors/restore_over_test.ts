import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseVmid } from "../../../src/proxmox/mod.ts";
import type { Effect } from "../../../src/reconcile/executors/executor.ts";
import { restoreOver } from "../../../src/reconcile/executors/restore_over.ts";
import { action, carry, type ExecutorRig, factsOf, openExecutorRig } from "./executor_rig.ts";

const OLD = 201;
const NEW = 251;

async function restoring({ host: { reads } }: ExecutorRig, changes: { new_vmid?: number } = {}) {
  const backups = await reads.storageContent("local", { content: "backup", vmid: parseVmid(OLD) });
  const backup = backups.find(({ vmid }) => vmid === OLD)?.volid ?? "";
  return action("guest.restore_over", {
    guest: OLD,
    params: { backup, storage: "local-zfs", new_vmid: NEW, ...changes },
  });
}

const why = (effect: Effect) => effect.seen === "done" ? "" : effect.why;

Deno.test("a backup is restored beside its guest, which stays as it is", async () => {
  await using rig = await openExecutorRig();
  const { world } = rig.host.simulator.pve;
  const before = world.guest(OLD).config;
  const facts = await factsOf(rig, OLD);
  const { effect } = await carry(rig, restoreOver, { action: await restoring(rig), facts });
  assertEquals(effect.seen, "done", why(effect));
  assert(effect.seen === "done");
  assertEquals(effect.detail, { restored_to: NEW, in_place_of: OLD });
  const [made, kept] = effect.traces ?? [];
  assert(made?.kind === "guest_made" && made.vmid === NEW);
  // Or it would be destroyed at once, as half made.
  assertEquals(kept, { kind: "transaction_committed" });
  assertEquals(world.guest(OLD).config, before);
  assert(world.isRunning(OLD));
  assert(!world.isRunning(NEW));
  const restored = await rig.host.reads.guestConfig(parseVmid(NEW));
  const old = await rig.host.reads.guestConfig(parseVmid(OLD));
  assertEquals([restored.onboot ?? false, restored.hostname], [false, "acme-web"]);
  assertEquals(restored["net0"], old["net0"], "it is to take the guest's place");
});

Deno.test("a restored guest that is not what its backup says is told from it", async () => {
  await using rig = await openExecutorRig();
  const facts = await factsOf(rig, OLD);
  const it = await restoring(rig);
  const { ending } = await carry(rig, restoreOver, { action: it, facts });
  const { pve } = rig.host.simulator;
  const sound = pve.world.guest(NEW).config;
  const wrong: readonly (readonly [Readonly<Record<string, string | null>>, string])[] = [
    [{ hostname: "other" }, "hostname"],
    [{ cores: null }, "cores"],
    [{ memory: "1024" }, "memory"],
    [{ swap: "0" }, "swap"],
    [{ tags: null }, "tags"],
    [{ features: null }, "features"],
    [{ onboot: "1" }, "onboot is true, not false"],
    [{ net0: null }, "it lacks net0 of the backup"],
    [
      { mp0: "local-zfs:subvol-251-disk-1,mp=/srv,size=1G" },
      "it has mp0, which the backup has not",
    ],
    [{ lock: "backup" }, "it is locked"],
  ];
  for (const [set, expected] of wrong) {
    pve.inject({ kind: "change-config", vmid: NEW, set });
    const effect = await restoreOver.verify(it, { before: null, ending }, rig.eyes);
    assertEquals(effect.seen, "other", expected);
    assertStringIncludes(why(effect), expected);
    pve.world.guest(NEW).config = sound;
  }
});

Deno.test("nothing is restored for another guest, over a taken VMID, or from a backup that is gone", async () => {
  await using rig = await openExecutorRig();
  const { pve } = rig.host.simulator;
  const facts = await factsOf(rig, OLD);
  const other = await restoreOver.check(await restoring(rig), await factsOf(rig, 202), rig.eyes);
  assertEquals(other.holds, false);
  const taken = await restoring(rig, { new_vmid: 230 });
  assertEquals(await restoreOver.check(taken, facts, rig.eyes), {
    holds: false,
    why: "VMID 230 is taken",
    passes: false,
  });
  pve.inject({
    kind: "change-config",
    vmid: OLD,
    set: { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth" },
  });
  const another = await restoreOver.check(await restoring(rig), facts, rig.eyes);
  assertStringIncludes(another.holds ? "" : another.why, "Guest 201 is another one now");
  const now = await factsOf(rig, OLD);
  const it = await restoring(rig);
  assert((await restoreOver.check(it, now, rig.eyes)).holds);
  pve.world.storage("local").files.delete(it.params.backup);
  const gone = await restoreOver.check(it, now, rig.eyes);
  assertStringIncludes(gone.holds ? "" : gone.why, "is not there");
  pve.inject({ kind: "vanish", vmid: OLD });
  assertEquals((await restoreOver.check(it, now, rig.eyes)).holds, false);
});

Deno.test("a broken archive leaves the guest alone, and nothing beside it", async () => {
  await using rig = await openExecutorRig();
  const { pve } = rig.host.simulator;
  const it = await restoring(rig);
  pve.inject({ kind: "truncate-backup", volid: it.params.backup });
  const before = pve.world.guest(OLD).config;
  const { effect } = await carry(rig, restoreOver, {
    action: it,
    facts: await factsOf(rig, OLD),
  });
  assertEquals(effect.seen, "nothing");
  assertEquals(pve.world.guest(OLD).config, before);
  assert(!pve.world.guests.has(NEW));
});
