import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { ActionOf } from "../../src/action/mod.ts";
import { FelhomError } from "../../src/errors.ts";
import type { Permit } from "../../src/gate/mod.ts";
import {
  ApiError,
  findOwnTask,
  parseUpid,
  parseVmid,
  runPreflight,
  type TaskResult,
  TransportError,
  type Upid,
  waitTask,
} from "../../src/proxmox/mod.ts";
import { permitFor } from "../support/permit.ts";
import { simulate, type Simulated } from "./support/simulated.ts";

const shop = parseVmid(201);

const BACKUP: ActionOf<"guest.backup">["params"] = {
  storage: "local",
  mode: "snapshot",
  compress: "zstd",
  notes: "",
  protected: false,
};

/** Leave to back the shop up. */
function toBackUp(): Promise<Permit> {
  return permitFor({ kind: "guest.backup", guest: shop, params: BACKUP });
}

/** Leave to take a snapshot of a guest. */
function toSnapshot(guest: number, snapshot: string): Promise<Permit> {
  return permitFor({ kind: "guest.snapshot", guest, params: { snapshot, description: "" } });
}

/** Leave to do one of what has no parameters. */
function leave(kind: "guest.start" | "guest.stop", guest: number): Promise<Permit> {
  return permitFor({ kind, guest, params: {} });
}

async function ended({ reads, simulator }: Simulated, upid: Upid): Promise<TaskResult> {
  return await waitTask(reads, upid, { clock: simulator.clock, limitMs: 600_000 });
}

/** The result of a task that must end well. */
async function done(simulated: Simulated, upid: Upid | null): Promise<TaskResult> {
  assert(upid !== null);
  const result = await ended(simulated, upid);
  assertEquals([result.outcome, result.exitstatus], ["ok", "OK"], result.tail.join("\n"));
  return result;
}

Deno.test("every read reads the simulated host, with a single handshake", async () => {
  await using simulated = await simulate();
  const { reads, node, transport, simulator } = simulated;
  assertEquals((await reads.version()).release, "9.2");
  const drift = await reads.nodeTime() - Date.now() / 1000;
  assert(Math.abs(drift) < 5, String(drift));
  const nodes = await reads.nodes();
  assertEquals(nodes.map((row) => [row.node, row.status]), [[node, "online"]]);
  assertGreater((await reads.nodeStatus()).memory.total, 0);
  const certificates = await reads.certificates();
  assert(certificates.some(({ fingerprint }) => fingerprint === simulator.tls.fingerprint));
  const guests = await reads.guests();
  const vmids = guests.map(({ vmid }) => vmid);
  assert(vmids.includes(shop));
  assertEquals(vmids, vmids.toSorted((a, b) => a - b));
  assertEquals((await reads.guestStatus(shop)).name, "acme-web");
  const config = await reads.guestConfig(shop);
  assertEquals([config.hostname, config.memory, config.cores], ["acme-web", 2048, 2]);
  assertEquals((await reads.guestConfig(shop, { live: true })).digest, config.digest);
  const pending = await reads.guestPending(shop);
  assertEquals(pending.find(({ key }) => key === "memory")?.value, "2048");
  assertEquals((await reads.guestSnapshots(shop)).map(({ name }) => name), ["before-upgrade"]);
  const storages = await reads.storages();
  assert(storages.every(({ active }) => active === true));
  const status = await reads.storageStatus("local");
  assertGreater(status.avail ?? 0, 0);
  const content = await reads.storageContent("local", { content: "backup", vmid: shop });
  assertEquals(content.map(({ vmid }) => vmid), [shop, shop]);
  const [task] = await reads.tasks({ limit: 1 });
  assert(task !== undefined);
  assertEquals((await reads.taskStatus(task.upid)).status, "stopped");
  assertGreater((await reads.taskLog(task.upid)).total, 0);
  const permissions = await reads.permissions({ path: "/vms/201" });
  assert("VM.Audit" in (permissions["/vms/201"] ?? {}));
  assertEquals(transport.connections, { handshakes: 1, open: 1 });
});

Deno.test("the preflight finds the rights that the README makes right, and others wrong", async () => {
  await using simulated = await simulate();
  const { reads, node, transport, simulator } = simulated;
  const storages = (await reads.storages()).map(({ storage }) => storage);
  const scope = { node, storages, bridges: ["vmbr0"] };
  const tokenId = transport.tokenId;
  const good = await runPreflight(reads, { tokenId, scope });
  assertEquals(good, { ok: true, missing: [], excess: [], commands: [] });

  simulator.pve.access.setRole("FelhomGuests", ["VM.Audit"]);
  simulator.pve.access.setRole("FelhomNode", ["Sys.Audit", "Sys.Modify"]);
  const bad = await runPreflight(reads, { tokenId, scope });
  assertEquals(bad.missing.length, 11);
  assertEquals(bad.excess, [{ path: `/nodes/${node}`, privilege: "Sys.Modify" }]);
});

Deno.test("a guest is created, changed, started, snapshotted, rolled back, destroyed", async () => {
  await using simulated = await simulate();
  const { reads, mutations } = simulated;
  const fresh = parseVmid(299);
  const [golden] = await reads.storageContent("local", { content: "backup", vmid: parseVmid(900) });
  assert(golden !== undefined);

  const create: ActionOf<"guest.create"> = {
    kind: "guest.create",
    guest: fresh,
    params: {
      image: golden.volid,
      storage: "local-zfs",
      hostname: "shop",
      network: {
        bridge: "vmbr0",
        vlan: 20,
        ipv4: "10.0.20.5/24",
        gateway: "10.0.20.1",
        link_down: true,
      },
      cores: 2,
      memory: 1024,
      swap: 0,
      onboot: false,
      tags: ["shop"],
      description: "Made by the agent",
    },
  };
  await done(simulated, await mutations.create(await permitFor(create)));
  const made = await reads.guestConfig(fresh);
  assertEquals(
    [made.hostname, made.cores, made.memory, made.swap, made.unprivileged],
    ["shop", 2, 1024, 0, true],
  );
  // What the image carries of these is not inherited; its keyctl is.
  assertEquals([made.onboot, made.protection ?? false, made.tags], [false, false, "shop"]);
  assertEquals([made.description, made.features], ["Made by the agent\n", "keyctl=1,nesting=1"]);
  const net0 = new Map(
    String(made["net0"]).split(",").map((part): [string, string] => {
      const [name = "", value = ""] = part.split("=");
      return [name, value];
    }),
  );
  assert(net0.get("hwaddr") !== undefined, "Proxmox draws an address");
  net0.delete("hwaddr");
  net0.delete("type");
  assertEquals(Object.fromEntries(net0), {
    name: "eth0",
    bridge: "vmbr0",
    tag: "20",
    ip: "10.0.20.5/24",
    gw: "10.0.20.1",
    link_down: "1",
  });

  const { digest } = made;
  const settings = (params: ActionOf<"guest.settings">["params"]) =>
    permitFor({ kind: "guest.settings", guest: fresh, params });
  const change = await settings({ set: { memory: 512, description: "a\nb" }, unset: [] });
  assertEquals(await mutations.setConfig(change, { digest }), null);
  const changed = await reads.guestConfig(fresh);
  assertEquals([changed.memory, changed.description], [512, "a\nb\n"]);
  const late = await settings({ set: { memory: 768 }, unset: [] });
  const stale = await assertRejects(() => mutations.setConfig(late, { digest }), ApiError);
  assertEquals([stale.code, stale.retry], ["proxmox.modified", "safe"]);
  await mutations.setConfig(await settings({ set: {}, unset: ["description"] }), {
    digest: changed.digest,
  });
  assertEquals((await reads.guestConfig(fresh)).description, undefined);

  await done(simulated, await mutations.snapshot(await toSnapshot(fresh, "clean")));
  const [taken] = await reads.guestSnapshots(fresh);
  await done(simulated, await mutations.start(await leave("guest.start", fresh)));
  assertEquals((await reads.guestStatus(fresh)).status, "running");
  const twice = await leave("guest.start", fresh);
  const again = await assertRejects(() => mutations.start(twice), ApiError);
  assertEquals([again.code, again.retry], ["proxmox.state", "never"]);

  const destroy = () => permitFor({ kind: "guest.destroy", guest: fresh, params: { purge: true } });
  const guard = async () => ({
    digest: (await reads.guestConfig(fresh)).digest,
    onboot: false,
  });
  const early = { permit: await destroy(), guard: await guard() };
  const alive = await assertRejects(() => mutations.destroy(early.permit, early), ApiError);
  assertEquals(alive.code, "proxmox.state");

  const restart = await permitFor({ kind: "guest.restart", guest: fresh, params: { timeout: 60 } });
  await done(simulated, await mutations.restart(restart));
  const shutdown = await permitFor({
    kind: "guest.shutdown",
    guest: fresh,
    params: { timeout: 60, then_kill: true },
  });
  await done(simulated, await mutations.shutdown(shutdown));
  const named = { snapshot: "clean", taken_at: taken?.snaptime ?? 0 };
  const back = await permitFor({ kind: "guest.rollback", guest: fresh, params: named });
  await done(simulated, await mutations.rollback(back));
  const drop = await permitFor({ kind: "guest.delete_snapshot", guest: fresh, params: named });
  await done(simulated, await mutations.deleteSnapshot(drop));
  assertEquals(await reads.guestSnapshots(fresh), []);
  await done(simulated, await mutations.start(await leave("guest.start", fresh)));
  await done(simulated, await mutations.stop(await leave("guest.stop", fresh)));

  const outdated = { permit: await destroy(), guard: { digest, onboot: false } };
  const other = await assertRejects(
    () => mutations.destroy(outdated.permit, outdated),
    FelhomError,
  );
  assertEquals([other.code, other.retry], ["proxmox.modified", "safe"]);
  assertEquals((await reads.guestConfig(fresh)).hostname, "shop", "it is still there");
  await done(simulated, await mutations.destroy(await destroy(), { guard: await guard() }));
  const gone = await assertRejects(() => reads.guestConfig(fresh), ApiError);
  assertEquals(gone.code, "proxmox.missing");
});

Deno.test("a guest is backed up, restored beside itself, and the backup deleted", async () => {
  await using simulated = await simulate();
  const { reads, mutations } = simulated;
  const beside = parseVmid(298);
  const before = await reads.storageContent("local", { content: "backup", vmid: shop });
  await done(simulated, await mutations.backup(await toBackUp()));
  const backups = await reads.storageContent("local", { content: "backup", vmid: shop });
  assertEquals(backups.length, before.length + 1, "none is removed");
  const backup = backups.find(({ volid }) => before.every((each) => each.volid !== volid))?.volid;
  assert(backup !== undefined);

  const config = await reads.guestConfig(shop);
  const restore = await permitFor({
    kind: "guest.restore_over",
    guest: shop,
    params: { backup, storage: "local-zfs", new_vmid: beside },
  });
  await done(simulated, await mutations.restoreBeside(restore));
  const restored = await reads.guestConfig(beside);
  assertEquals([restored.hostname, restored["net0"]], ["acme-web", config["net0"]]);
  assertEquals([restored.onboot ?? false, restored.protection ?? false], [false, false]);
  assertEquals((await reads.guestConfig(shop)).digest, config.digest, "the guest is as it was");

  const prune = await permitFor({
    kind: "guest.prune",
    guest: shop,
    params: { backups: [backup] },
  });
  await done(simulated, await mutations.prune(prune).delete(backup));
  const left = await reads.storageContent("local", { content: "backup", vmid: shop });
  assertEquals(left, before);
});

Deno.test("a task that fails says why; what it warned of travels along", async () => {
  await using simulated = await simulate();
  const { mutations, simulator } = simulated;
  simulator.pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  const locked = await ended(simulated, await mutations.start(await leave("guest.start", 230)));
  assertEquals(locked.outcome, "error");
  if (locked.outcome === "error") {
    assertEquals([locked.error.reason, locked.error.exitstatus], [
      "proxmox.locked",
      "CT is locked (backup)",
    ]);
  }
  simulator.pve.inject({
    kind: "task",
    type: "vzsnapshot",
    fate: { kind: "warn", message: "odd" },
  });
  const warned = await ended(simulated, await mutations.snapshot(await toSnapshot(shop, "warned")));
  assertEquals(warned.outcome, "warnings");
  assertStringIncludes(warned.warnings.join(), "odd");
});

Deno.test("a stuck task is aborted, and ends as that", async () => {
  await using simulated = await simulate();
  const { mutations, reads, simulator } = simulated;
  simulator.pve.inject({ kind: "task", type: "vzdump", fate: { kind: "stuck" } });
  const permit = await toBackUp();
  const upid = await mutations.backup(permit);
  assert(upid !== null);
  const waiting = waitTask(reads, upid, { clock: simulator.clock, limitMs: 5_000 });
  const error = await assertRejects(() => waiting, FelhomError);
  assertEquals(error.code, "task.timeout");
  assertEquals(await mutations.abort(permit, upid), null);
  const result = await ended(simulated, upid);
  assert(result.outcome === "error" || result.outcome === "unknown", result.outcome);
});

Deno.test("waiting outlives whatever happens to the server meanwhile", async () => {
  await using simulated = await simulate();
  const { mutations, simulator } = simulated;
  const upid = await mutations.backup(await toBackUp());
  assert(upid !== null);
  const route = "/nodes/{node}/tasks/{upid}/status";
  for (
    const fault of [
      { kind: "reset_before" },
      { kind: "status", status: 595, reason: "Connection refused" },
      { kind: "status", status: 596, reason: "Connection timed out" },
      { kind: "close" },
      { kind: "truncate" },
    ] as const
  ) simulator.wire.faults.add({ route, count: 2, fault });
  await done(simulated, upid);
});

for (const kind of ["reset_during", "reset_after"] as const) {
  Deno.test(`after ${kind} the lost task is found among the token's own`, async () => {
    await using simulated = await simulate();
    const { mutations, reads, simulator, transport } = simulated;
    const nodeTime = await reads.nodeTime();
    simulator.wire.faults.add({ method: "POST", count: 1, fault: { kind } });
    const permit = await toSnapshot(shop, "lost");
    const error = await assertRejects(() => mutations.snapshot(permit), TransportError);
    assertEquals([error.code, error.sent, error.retry], ["proxmox.reset", "maybe", "unknown"]);
    const found = await findOwnTask(reads, {
      owner: transport.tokenId,
      ids: [String(shop)],
      types: ["vzsnapshot"],
      nodeTime,
    });
    assertEquals(found.found, "one");
    if (found.found !== "one") return;
    assertEquals(parseUpid(found.upid).type, "vzsnapshot");
    await done(simulated, found.upid);
    const posts = simulator.wire.log.rows().filter(({ method }) => method === "POST");
    assertEquals(posts.length, 1, "sent more than once");
  });
}

Deno.test("after a reset before anything was read there is no task", async () => {
  await using simulated = await simulate();
  const { mutations, reads, simulator, transport } = simulated;
  const nodeTime = await reads.nodeTime();
  simulator.wire.faults.add({ method: "POST", count: 1, fault: { kind: "reset_before" } });
  const permit = await toSnapshot(shop, "lost");
  const error = await assertRejects(() => mutations.snapshot(permit), TransportError);
  assertEquals(error.retry, "unknown");
  const found = await findOwnTask(reads, {
    owner: transport.tokenId,
    ids: [String(shop)],
    types: ["vzsnapshot"],
    nodeTime,
  });
  assertEquals(found, { found: "none" });
});

Deno.test("a PUT that answers 500 and is saved is unknown, and seen by reading again", async () => {
  await using simulated = await simulate();
  const { mutations, reads, simulator } = simulated;
  const { digest } = await reads.guestConfig(shop);
  simulator.wire.faults.add({
    method: "PUT",
    count: 1,
    fault: {
      kind: "status",
      status: 500,
      reason: "bridge 'vmbr9' does not exist",
      body: { data: null, message: "bridge 'vmbr9' does not exist\n" },
      run: true,
    },
  });
  const permit = await permitFor({
    kind: "guest.settings",
    guest: shop,
    params: { set: { cores: 1 }, unset: [] },
  });
  const error = await assertRejects(() => mutations.setConfig(permit, { digest }), ApiError);
  assertEquals([error.code, error.retry], ["proxmox.failed", "unknown"]);
  assertEquals((await reads.guestConfig(shop)).cores, 1);
});

Deno.test("a backup without the right to it fails in its task, and names privilege and path", async () => {
  await using simulated = await simulate();
  const { mutations, simulator } = simulated;
  const without = simulator.pve.access;
  without.setRole("FelhomGuests", ["VM.Audit", "VM.PowerMgmt"]);
  const upid = await mutations.backup(await toBackUp());
  assert(upid !== null);
  const result = await ended(simulated, upid);
  assertEquals(result.outcome, "error");
  if (result.outcome !== "error") return;
  assertEquals([result.error.privilege, result.error.on], ["VM.Backup", "/vms/201"]);
  const permit = await toSnapshot(shop, "x2");
  const refused = await assertRejects(() => mutations.snapshot(permit), ApiError);
  assertEquals([refused.privilege, refused.on], ["VM.Snapshot", "/vms/201"]);
});

Deno.test("a right that is taken away while the client runs is named by the next call", async () => {
  await using simulated = await simulate();
  const { reads, simulator } = simulated;
  await reads.guestConfig(shop);
  simulator.pve.access.setRole("FelhomGuests", []);
  const error = await assertRejects(() => reads.guestConfig(shop), ApiError);
  assertEquals([error.code, error.privilege, error.on], [
    "proxmox.forbidden",
    "VM.Audit",
    "/vms/201",
  ]);
});
