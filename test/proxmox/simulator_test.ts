import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
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
import { simulate, type Simulated } from "./support/simulated.ts";

const shop = parseVmid(201);

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

Deno.test("a guest is backed up, restored, changed, started, snapshotted, rolled back, destroyed", async () => {
  await using simulated = await simulate();
  const { reads, mutations } = simulated;
  const storages = await reads.storages();
  const target = storages.find(({ content }) => content?.includes("rootdir"))?.storage ?? "";
  const fresh = parseVmid(299);

  const upid = await mutations.vzdump(shop, { storage: "local", notes: "drill" });
  const before = await reads.storageContent("local", { content: "backup", vmid: shop });
  await done(simulated, upid);
  const backups = await reads.storageContent("local", { content: "backup", vmid: shop });
  assertEquals(backups.length, before.length + 1);
  const archive = backups.find(({ volid }) => before.every((each) => each.volid !== volid))?.volid;
  assert(archive !== undefined);

  await done(
    simulated,
    await mutations.restore(fresh, {
      archive,
      storage: target,
      network: { kind: "new-macs" },
      settings: { hostname: "drill", onboot: false, protection: false },
    }),
  );
  const restored = await reads.guestConfig(fresh);
  assertEquals([restored.hostname, restored.memory, restored.unprivileged], ["drill", 2048, true]);

  const { digest } = restored;
  assertEquals(
    await mutations.setConfig(fresh, { digest, set: { memory: 512, description: "a\nb" } }),
    null,
  );
  const changed = await reads.guestConfig(fresh);
  assertEquals([changed.memory, changed.description], [512, "a\nb\n"]);
  const stale = await assertRejects(
    () => mutations.setConfig(fresh, { digest, set: { memory: 256 } }),
    ApiError,
  );
  assertEquals([stale.code, stale.retry], ["proxmox.modified", "safe"]);
  await mutations.setConfig(fresh, { digest: changed.digest, unset: ["description"] });
  assertEquals((await reads.guestConfig(fresh)).description, undefined);

  await done(simulated, await mutations.snapshot(fresh, "clean"));
  await done(simulated, await mutations.start(fresh));
  assertEquals((await reads.guestStatus(fresh)).status, "running");
  const again = await assertRejects(() => mutations.start(fresh), ApiError);
  assertEquals([again.code, again.retry], ["proxmox.state", "never"]);
  const alive = await assertRejects(() => mutations.destroy(fresh, { purge: true }), ApiError);
  assertEquals(alive.code, "proxmox.state");
  await done(simulated, await mutations.reboot(fresh, { timeout: 60 }));
  await done(simulated, await mutations.shutdown(fresh, { timeout: 60, thenKill: true }));
  await done(simulated, await mutations.rollback(fresh, "clean"));
  await done(simulated, await mutations.deleteSnapshot(fresh, "clean"));
  assertEquals(await reads.guestSnapshots(fresh), []);
  await done(simulated, await mutations.start(fresh));
  await done(simulated, await mutations.stop(fresh));
  await done(
    simulated,
    await mutations.restoreOver(fresh, {
      archive,
      storage: target,
      network: { kind: "as-backed-up" },
      settings: { onboot: false, protection: false },
    }),
  );
  assertEquals((await reads.guestConfig(fresh)).hostname, "acme-web");
  await done(simulated, await mutations.destroy(fresh, { purge: true }));
  const gone = await assertRejects(() => reads.guestConfig(fresh), ApiError);
  assertEquals(gone.code, "proxmox.missing");
});

Deno.test("a task that fails says why; what it warned of travels along", async () => {
  await using simulated = await simulate();
  const { mutations, simulator } = simulated;
  simulator.pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  const locked = await ended(simulated, await mutations.start(parseVmid(230)));
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
  const warned = await ended(simulated, await mutations.snapshot(shop, "warned"));
  assertEquals(warned.outcome, "warnings");
  assertStringIncludes(warned.warnings.join(), "odd");
});

Deno.test("a stuck task is aborted, and ends as that", async () => {
  await using simulated = await simulate();
  const { mutations, reads, simulator } = simulated;
  simulator.pve.inject({ kind: "task", type: "vzdump", fate: { kind: "stuck" } });
  const upid = await mutations.vzdump(shop, { storage: "local" });
  assert(upid !== null);
  const waiting = waitTask(reads, upid, { clock: simulator.clock, limitMs: 5_000 });
  const error = await assertRejects(() => waiting, FelhomError);
  assertEquals(error.code, "task.timeout");
  assertEquals(await mutations.abortTask(upid), null);
  const result = await ended(simulated, upid);
  assert(result.outcome === "error" || result.outcome === "unknown", result.outcome);
});

Deno.test("waiting outlives whatever happens to the server meanwhile", async () => {
  await using simulated = await simulate();
  const { mutations, simulator } = simulated;
  const upid = await mutations.vzdump(shop, { storage: "local" });
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
    const error = await assertRejects(() => mutations.snapshot(shop, "lost"), TransportError);
    assertEquals([error.code, error.sent, error.retry], ["proxmox.reset", "maybe", "unknown"]);
    const found = await findOwnTask(reads, {
      owner: transport.tokenId,
      vmid: shop,
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
  const error = await assertRejects(() => mutations.snapshot(shop, "lost"), TransportError);
  assertEquals(error.retry, "unknown");
  const found = await findOwnTask(reads, {
    owner: transport.tokenId,
    vmid: shop,
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
  const error = await assertRejects(
    () => mutations.setConfig(shop, { digest, set: { cores: 1 } }),
    ApiError,
  );
  assertEquals([error.code, error.retry], ["proxmox.failed", "unknown"]);
  assertEquals((await reads.guestConfig(shop)).cores, 1);
});

Deno.test("a backup without the right to it fails in its task, and names privilege and path", async () => {
  await using simulated = await simulate();
  const { mutations, simulator } = simulated;
  const without = simulator.pve.access;
  without.setRole("FelhomGuests", ["VM.Audit", "VM.PowerMgmt"]);
  const upid = await mutations.vzdump(shop, { storage: "local" });
  assert(upid !== null);
  const result = await ended(simulated, upid);
  assertEquals(result.outcome, "error");
  if (result.outcome !== "error") return;
  assertEquals([result.error.privilege, result.error.on], ["VM.Backup", "/vms/201"]);
  const refused = await assertRejects(() => mutations.snapshot(shop, "x2"), ApiError);
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
