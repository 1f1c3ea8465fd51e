import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ActionOf } from "../../../src/action/mod.ts";
import { deleteSnapshot } from "../../../src/reconcile/executors/delete_snapshot.ts";
import type { Effect, Trace } from "../../../src/reconcile/executors/executor.ts";
import { rollback } from "../../../src/reconcile/executors/rollback.ts";
import { snapshot } from "../../../src/reconcile/executors/snapshot.ts";
import { parseVmid } from "../../../src/proxmox/mod.ts";
import { permitFor } from "../../support/permit.ts";
import { scaledClock } from "../../sim/scaled_clock.ts";
import { disksOf } from "../../sim/pve/world/snapshots.ts";
import { withOptions } from "../../sim/pve/world/config_change.ts";
import { until } from "../../sim/wire/until.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";
import { actionOf, carry, factsNow, refusal } from "./support/carry.ts";

/** Of guest 230, which is stopped, unless told otherwise. */
function take(guest = 230): ActionOf<"guest.snapshot"> {
  const params = { snapshot: "before", description: "Before the change" };
  return actionOf({ kind: "guest.snapshot", guest, params });
}

const NET = { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:AA,type=veth" };

Deno.test("A snapshot of a stopped guest is marked with its time, its digest, and that it stood still", async () => {
  await using on = await openWork();
  const { effect } = await carry(snapshot, take(), { on });
  const { digest } = await configOf(on, 230);
  assertEquals(effect, {
    seen: "done",
    traces: [{
      kind: "snapshot_made",
      vmid: 230,
      name: "before",
      takenAt: await snaptime(on, 230, "before"),
      digest,
      stoppedThroughout: true,
    }],
  });
});

Deno.test("A guest that runs before or after its snapshot did not stand still", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const running = await carry(snapshot, take(210), {
    on,
    verifying: () => pve.inject({ kind: "crash", vmid: 210 }),
  });
  assertEquals(made(running.effect).stoppedThroughout, false);
  const started = await carry(snapshot, take(230), {
    on,
    verifying: () => startGuest(on, 230),
  });
  assertEquals(made(started.effect).stoppedThroughout, false);
});

Deno.test("What is seen long after a snapshot is not taken for what was there right then", async () => {
  let later = 0;
  const clock = { ...scaledClock(50), now: () => Date.now() + later };
  await using on = await openWork({ simulator: { clock } });
  const { effect } = await carry(snapshot, take(), {
    on,
    verifying: () => {
      later = 65_000;
    },
  });
  const trace = made(effect);
  assertEquals([trace.digest, trace.stoppedThroughout], [null, false]);
});

Deno.test("A snapshot that no task of the agent's took is not its own", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const id = faults.add({ method: "POST", path: "/snapshot$", fault: { kind: "reset_after" } });
  const { effect } = await carry(snapshot, take(), {
    on,
    verifying: () => until(() => on.simulator.pve.world.guest(230).config.options.has("parent")),
  });
  assertEquals(effect, {
    seen: "other",
    why: "Snapshot before of guest 230 is there, and the agent did not take it",
  });
  faults.remove(id);
  const failed = await carry(snapshot, take(210), {
    on,
    sending: () => on.simulator.pve.inject({ kind: "lock", vmid: 210, lock: "backup" }),
    verifying: () => addSnapshot(on, 210, { snaptime: String(on.simulator.pve.world.epoch) }),
  });
  assertEquals(failed.effect.seen, "other");
});

Deno.test("A snapshot older than the task that is to have taken it is another one", async () => {
  await using on = await openWork();
  const { effect } = await carry(snapshot, take(), {
    on,
    verifying: () => addSnapshot(on, 230, { snaptime: "1700000000" }),
  });
  assertEquals(effect.seen, "other");
});

Deno.test("A snapshot that was killed in the end is its own, one killed half-way is incomplete", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  pve.inject({ kind: "task", type: "vzsnapshot", fate: { kind: "stuck" } });
  const half = await carry(snapshot, take(), {
    on,
    sending: () => killNext(on),
    verifying: () => addSnapshot(on, 230, { snapstate: "prepare", snaptime: "1700000000" }),
  });
  assertEquals(half.ending.how === "task" && half.ending.result.outcome, "unknown");
  assertEquals(half.effect, {
    seen: "other",
    why: "Snapshot before of guest 230 is incomplete (prepare)",
  });
  pve.inject({ kind: "task", type: "vzsnapshot", fate: { kind: "stuck" } });
  const whole = await carry(snapshot, take(210), {
    on,
    sending: () => killNext(on),
    verifying: () => addSnapshot(on, 210, { snaptime: String(pve.world.epoch) }),
  });
  assertEquals(made(whole.effect).name, "before");
});

Deno.test("A snapshot that never arrived or failed left all as it was", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const id = faults.add({ method: "POST", path: "/snapshot$", fault: { kind: "reset_before" } });
  assertEquals((await carry(snapshot, take(), { on })).effect, {
    seen: "nothing",
    why: "Snapshot before of guest 230 is not there; no task of it is to be found",
  });
  faults.remove(id);
  on.simulator.pve.inject({ kind: "task", fate: { kind: "fail", message: "no room" } });
  const failed = await carry(snapshot, take(), { on });
  assertEquals(failed.effect.seen, "nothing");
  const locked = await carry(snapshot, take(), {
    on,
    verifying: () => {
      const guest = on.simulator.pve.world.guest(230);
      guest.config = { ...withOptions(guest.config, { lock: "snapshot" }), snapshots: new Map() };
    },
  });
  assertEquals(locked.effect, { seen: "other", why: "Guest 230 is left locked (snapshot)" });
});

Deno.test("A snapshot is not taken twice, nor of a template, nor of what is locked or another one", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const facts = await factsNow(on.work, take());
  pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  assertEquals(await refusal(snapshot, take(), { on }), {
    why: "Guest 230 is locked (backup)",
    passes: true,
  });
  pve.inject({ kind: "lock", vmid: 230, lock: null });
  pve.inject({ kind: "change-config", vmid: 230, set: NET });
  assertEquals((await refusal(snapshot, take(), { on, facts })).passes, false);
  pve.inject({ kind: "change-config", vmid: 230, set: { template: "1" } });
  assertEquals((await refusal(snapshot, take(), { on })).why, "Guest 230 is a template");
  addSnapshot(on, 210, { snaptime: "1700000000" });
  assertEquals(await refusal(snapshot, take(210), { on }), {
    why: "Guest 210 has a snapshot before already",
    passes: false,
  });
});

Deno.test("Another guest under the VMID is not called the one of the snapshot", async () => {
  await using on = await openWork();
  const { effect } = await carry(snapshot, take(), {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "change-config", vmid: 230, set: NET }),
  });
  assertEquals(effect, { seen: "other", why: "Guest 230 is another one now" });
});

Deno.test("A deleted snapshot is gone", async () => {
  await using on = await openWork();
  const action = await named(on, "guest.delete_snapshot", 201, "before-upgrade");
  const { effect } = await carry(deleteSnapshot, action, { on });
  assertEquals(effect, {
    seen: "done",
    traces: [{ kind: "snapshot_gone", vmid: 201, name: "before-upgrade" }],
  });
});

Deno.test("A snapshot whose deletion never arrived is there, one half deleted is neither", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const action = await named(on, "guest.delete_snapshot", 201, "before-upgrade");
  const id = faults.add({ method: "DELETE", fault: { kind: "reset_before" } });
  const lost = await carry(deleteSnapshot, action, { on });
  assertEquals(lost.effect, {
    seen: "nothing",
    why: "Snapshot before-upgrade of guest 201 is still there; no task of it is to be found",
  });
  faults.remove(id);
  const volume = [...on.simulator.pve.world.guest(201).config.options]
    .find(([key]) => key === "rootfs")?.[1].split(",")[0] ?? "";
  on.simulator.pve.inject({ kind: "lose-volume", volid: volume });
  const half = await carry(deleteSnapshot, action, { on });
  assertEquals(half.effect.seen, "other");
  assertStringIncludes(
    "why" in half.effect ? half.effect.why : "",
    "is half deleted; Cannot finish",
  );
});

Deno.test("A deletion whose answer is lost is seen by what is gone; a newer one of the name stays", async () => {
  await using on = await openWork();
  const action = await named(on, "guest.delete_snapshot", 201, "before-upgrade");
  on.simulator.wire.faults.add({ method: "DELETE", fault: { kind: "reset_after" } });
  const { effect } = await carry(deleteSnapshot, action, {
    on,
    verifying: async () => {
      const guest = on.simulator.pve.world.guest(201);
      await until(() => guest.config.snapshots.size === 0);
      addSnapshot(on, 201, { snaptime: "1800000000", name: "before-upgrade" });
    },
  });
  assertEquals(effect.seen, "done");
  assertEquals(on.simulator.pve.world.guest(201).config.snapshots.size, 1);
});

Deno.test("A deletion is not claimed of another guest, nor when the snapshot is there still", async () => {
  await using on = await openWork();
  const action = await named(on, "guest.delete_snapshot", 201, "before-upgrade");
  const taken = String(action.params.taken_at);
  const again = await carry(deleteSnapshot, action, {
    on,
    verifying: () => addSnapshot(on, 201, { name: "before-upgrade", snaptime: taken }),
  });
  assertEquals(again.effect, {
    seen: "other",
    why: "Snapshot before-upgrade of guest 201 is still there; its task ended well",
  });
  const another = await carry(deleteSnapshot, action, {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "change-config", vmid: 201, set: NET }),
  });
  assertEquals(another.effect, { seen: "other", why: "Guest 201 is another one now" });
});

Deno.test("A snapshot is not touched when it is another one, incomplete or gone", async () => {
  await using on = await openWork();
  const gone = await named(on, "guest.delete_snapshot", 201, "before-upgrade");
  const back = await named(on, "guest.rollback", 201, "before-upgrade");
  addSnapshot(on, 201, {
    snaptime: String(gone.params.taken_at),
    snapstate: "delete",
    name: "before-upgrade",
  });
  const incomplete = "Snapshot before-upgrade of guest 201 is incomplete (delete)";
  assertEquals(await refusal(rollback, back, { on }), { why: incomplete, passes: false });
  const known = await factsNow(on.work, gone);
  const rest = await deleteSnapshot.check(gone, known, on.work.eyes);
  assertEquals(rest.holds, true, "what is left of a deletion can be deleted");
  addSnapshot(on, 201, { snaptime: "1800000000", name: "before-upgrade" });
  const another = "Snapshot before-upgrade of guest 201 is another one now";
  assertEquals(await refusal(deleteSnapshot, gone, { on }), { why: another, passes: false });
  assertEquals(await refusal(rollback, back, { on }), { why: another, passes: false });
  const guest = on.simulator.pve.world.guest(201);
  guest.config = { ...guest.config, snapshots: new Map() };
  assertEquals((await refusal(rollback, back, { on })).passes, false);
});

/** A rollback that was done, and how the configuration is now. */
async function takenBack(on: OpenWork, vmid: number, name: string) {
  const { digest } = await configOf(on, vmid);
  return { seen: "done", traces: [{ kind: "taken_back", vmid, name, digest }] } as const;
}

Deno.test("A rollback is done when the guest is stopped and comes from the snapshot", async () => {
  await using on = await openWork();
  const action = await named(on, "guest.rollback", 201, "before-upgrade");
  const { effect } = await carry(rollback, action, { on });
  assertEquals(effect, await takenBack(on, 201, "before-upgrade"));
  const { pve } = on.simulator;
  assertEquals(pve.world.guest(201).running, undefined);
});

Deno.test("A rollback that Proxmox warns of is done", async () => {
  await using on = await openWork();
  const action = await named(on, "guest.rollback", 201, "before-upgrade");
  on.simulator.pve.inject({ kind: "task", fate: { kind: "warn", message: "old" } });
  const { effect, ending } = await carry(rollback, action, { on });
  assertEquals(effect, await takenBack(on, 201, "before-upgrade"));
  assertEquals(ending.how === "task" && ending.result.outcome, "warnings");
});

Deno.test("A rollback to what the guest is already is done as well", async () => {
  await using on = await openWork();
  await carry(snapshot, take(), { on });
  const action = await named(on, "guest.rollback", 230, "before");
  const digest = (await configOf(on, 230)).digest;
  const { effect } = await carry(rollback, action, { on });
  assertEquals(effect, await takenBack(on, 230, "before"));
  assertEquals((await configOf(on, 230)).digest, digest);
});

Deno.test("A rollback tells which volumes it left without a mount point", async () => {
  await using on = await openWork();
  addVolume(on, 230, "unused0");
  await carry(snapshot, take(), { on });
  const action = await named(on, "guest.rollback", 230, "before");
  const extra = addVolume(on, 230, "mp0");
  const { effect } = await carry(rollback, action, { on });
  assertEquals(effect, {
    ...await takenBack(on, 230, "before"),
    detail: { unused: [extra] },
  });
});

Deno.test("A rollback that never arrived or was refused left all as it was", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const action = await named(on, "guest.rollback", 201, "before-upgrade");
  const id = faults.add({ path: "/rollback$", fault: { kind: "reset_before" } });
  assertEquals((await carry(rollback, action, { on })).effect, {
    seen: "nothing",
    why: "Guest 201 is as it was; no task of it is to be found",
  });
  faults.remove(id);
  const { world } = on.simulator.pve;
  const [root] = disksOf(world, world.guest(201).config.options);
  root?.snapshots.push({ name: "newer", data: root.data });
  const refused = await carry(rollback, action, { on });
  assertEquals(refused.effect.seen, "nothing");
  assertStringIncludes("why" in refused.effect ? refused.effect.why : "", "not most recent");
});

Deno.test("Of a rollback that nobody knows the end of, nothing is claimed", async () => {
  await using on = await openWork();
  const { pve, wire } = on.simulator;
  const action = await named(on, "guest.rollback", 201, "before-upgrade");
  pve.inject({ kind: "task", type: "vzrollback", fate: { kind: "stuck" } });
  const killed = await carry(rollback, action, {
    on,
    sending: () => killNext(on),
    verifying: () => pve.inject({ kind: "lock", vmid: 201, lock: null }),
  });
  // All looks as it did, and would as well if the data had been taken back.
  assertStringIncludes("why" in killed.effect ? killed.effect.why : "", "Nobody can tell");
  wire.faults.add({ path: "/rollback$", fault: { kind: "reset_before" } });
  const stopped = await carry(rollback, action, {
    on,
    verifying: () => pve.inject({ kind: "crash", vmid: 201 }),
  });
  assertEquals(stopped.effect.seen, "other");
  const changed = await carry(rollback, action, {
    on,
    verifying: () => pve.inject({ kind: "change-config", vmid: 201, set: { cores: "7" } }),
  });
  assertEquals(changed.effect.seen, "other");
  const locked = await carry(rollback, action, {
    on,
    verifying: () => pve.inject({ kind: "lock", vmid: 201, lock: "rollback" }),
  });
  assertStringIncludes(
    "why" in locked.effect ? locked.effect.why : "",
    "is left locked (rollback)",
  );
});

Deno.test("A rollback is not called done on a guest that runs, or comes from elsewhere", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const action = await named(on, "guest.rollback", 201, "before-upgrade");
  const started = await carry(rollback, action, {
    on,
    verifying: () => startGuest(on, 201),
  });
  assertEquals(started.effect, { seen: "other", why: "Guest 201 was taken back, and runs" });
  const elsewhere = await carry(rollback, action, {
    on,
    verifying: () => pve.inject({ kind: "change-config", vmid: 201, set: { parent: "other" } }),
  });
  assertEquals(elsewhere.effect.seen, "other");
  const replaced = await carry(rollback, action, {
    on,
    verifying: () => addSnapshot(on, 201, { snaptime: "1800000000", name: "before-upgrade" }),
  });
  assertEquals(replaced.effect, {
    seen: "other",
    why: "Guest 201 has no snapshot before-upgrade of that time any more",
  });
});

Deno.test("A guest that was started since the permit is not rolled back", async () => {
  await using on = await openWork();
  await carry(snapshot, take(), { on });
  const action = await named(on, "guest.rollback", 230, "before");
  const facts = await factsNow(on.work, action);
  await startGuest(on, 230);
  assertEquals(await refusal(rollback, action, { on, facts }), {
    why: "Guest 230 runs now, which it did not before",
    passes: true,
  });
});

async function configOf({ work: { eyes: { reads } } }: OpenWork, vmid: number) {
  return await reads.guestConfig(parseVmid(vmid), { live: true });
}

async function snaptime({ work: { eyes: { reads } } }: OpenWork, vmid: number, name: string) {
  const rows = await reads.guestSnapshots(parseVmid(vmid));
  return rows.find((row) => row.name === name)?.snaptime ?? 0;
}

/** The action for a snapshot as it is taken now. */
async function named<Kind extends "guest.rollback" | "guest.delete_snapshot">(
  on: OpenWork,
  kind: Kind,
  guest: number,
  name: string,
) {
  const taken_at = await snaptime(on, guest, name);
  return { kind, guest, params: { snapshot: name, taken_at } } as const;
}

/** What is remembered of the snapshot; fails when nothing is. */
function made(effect: Effect): Extract<Trace, { kind: "snapshot_made" }> {
  const [trace] = "traces" in effect ? effect.traces ?? [] : [];
  assert(trace?.kind === "snapshot_made", JSON.stringify(effect));
  return trace;
}

/** Puts a snapshot of a guest into its file, in place of another of the name. */
function addSnapshot(
  { simulator: { pve } }: OpenWork,
  vmid: number,
  { name = "before", ...values }: { readonly name?: string; readonly [key: string]: string },
): void {
  const guest = pve.world.guest(vmid);
  const section = new Map([...guest.config.options, ...Object.entries(values)]);
  const snapshots = new Map([...guest.config.snapshots, [name, section]]);
  guest.config = { ...guest.config, snapshots };
}

/** Kills the next task that runs, as a restart of pvedaemon does. */
function killNext({ simulator: { pve } }: OpenWork): void {
  const kill = async () => {
    await until(() => pve.world.tasks.all().some((task) => task.ended === undefined));
    pve.inject({ kind: "restart-daemon" });
  };
  void kill();
}

/** Starts a guest and waits until it runs. */
async function startGuest({ work, simulator: { pve } }: OpenWork, vmid: number): Promise<void> {
  await work.hands.proxmox.start(
    await permitFor({ kind: "guest.start", guest: vmid, params: {} }),
  );
  await until(() => pve.world.isRunning(vmid));
}

/** Gives a guest another volume. @returns its volume id */
function addVolume(
  { simulator: { pve } }: OpenWork,
  vmid: number,
  key: "mp0" | "unused0",
): string {
  const { volid } = pve.world.storage("local-zfs").allocate(vmid, {
    bytes: 1024 ** 3,
    ctime: pve.world.epoch,
  });
  const value = key === "mp0" ? `${volid},mp=/data,size=1G` : volid;
  pve.inject({ kind: "change-config", vmid, set: { [key]: value } });
  return volid;
}
