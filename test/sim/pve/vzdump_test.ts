import { assertEquals, assertMatch } from "@std/assert";
import { callerOf } from "./caller.ts";
import { simulate } from "./simulated.ts";

type Row = Record<string, unknown>;
const VZDUMP = "POST /nodes/pve/vzdump";
const CONTENT = "GET /nodes/pve/storage/local/content";

/** Log lines without what differs from run to run. */
function plain(log: readonly string[]): string[] {
  return log.map((line) =>
    line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, "T").replace(/\d{4}(_\d\d){2}-(\d\d_?){3}/, "T")
      .replace(/written: .*/, "written").replace(/size: .*/, "size")
  );
}

Deno.test("a running guest is backed up from a snapshot, and the log says what was done", async () => {
  const { run, call, pve } = simulate();
  const { log } = await run(VZDUMP, { vmid: "101", storage: "local", compress: "zstd", remove: 0 });
  assertEquals(plain(log).slice(1), [
    "INFO: Starting Backup of VM 101 (lxc)",
    "INFO: Backup started at T",
    "INFO: status = running",
    "INFO: CT Name: tiny101",
    "INFO: including mount point rootfs ('/') in backup",
    "INFO: backup mode: snapshot",
    "INFO: ionice priority: 7",
    "INFO: create storage snapshot 'vzdump'",
    "INFO: creating vzdump archive '/var/lib/vz/dump/vzdump-lxc-101-T.tar.zst'",
    "INFO: Total bytes written",
    "INFO: archive file size",
    "INFO: cleanup temporary 'vzdump' snapshot",
    "INFO: Finished Backup of VM 101 (00:00:00)",
    "INFO: Backup finished at T",
    "INFO: Backup job finished successfully",
    "TASK OK",
  ]);
  const rows = await call.data<Row[]>(CONTENT, { content: "backup", vmid: 101 });
  assertEquals(rows.length, 3);
  assertEquals(pve.world.guest(101).config.snapshots.size, 0);
});

Deno.test("the guest is locked and the archive not listed while the backup runs", async () => {
  const { call, clock, finish } = simulate();
  await call.data(VZDUMP, { vmid: "102", storage: "local" });
  await clock.advance(300);
  const config = await call.data<Row>("GET /nodes/pve/lxc/102/config");
  assertEquals(config["lock"], "backup");
  assertEquals(await call.data(CONTENT, { content: "backup", vmid: 102 }), []);
  const put = await call("PUT /nodes/pve/lxc/102/config", { memory: 200 });
  assertEquals(put.reason, "CT is locked (backup)");
  await finish();
  assertEquals("lock" in await call.data<Row>("GET /nodes/pve/lxc/102/config"), false);
});

Deno.test("a storage without snapshots makes the mode fall back to suspend", async () => {
  const { run } = simulate();
  await run("POST /nodes/pve/lxc/103/status/start");
  const { log, exitstatus } = await run(VZDUMP, {
    vmid: "103",
    storage: "local",
    mode: "snapshot",
  });
  assertEquals(exitstatus, "OK");
  assertEquals(log.includes("INFO: mode failure - some volumes do not support snapshots"), true);
  assertEquals(log.includes("INFO: backup mode: suspend"), true);
});

Deno.test("one backup job runs on a node at a time; the other waits and says so", async () => {
  const { pve, call, finish } = simulate();
  await call.data(VZDUMP, { vmid: "102", storage: "local" });
  const second = await call.data<string>(VZDUMP, { vmid: "103", storage: "local" });
  await finish();
  assertEquals(pve.world.tasks.find(second)?.log.slice(0, 2), [
    "INFO: trying to get global lock - waiting...",
    "INFO: got global lock",
  ]);
});

Deno.test("a job that never gets the lock ends without a TASK line", async () => {
  const { pve, clock, call, run } = simulate();
  pve.inject({ kind: "task", type: "vzdump", fate: { kind: "stuck" } });
  await call.data(VZDUMP, { vmid: "102", storage: "local" });
  await clock.advance(10);
  const upid = await call.data<string>(VZDUMP, { vmid: "103", storage: "local", lockwait: 1 });
  await clock.advance(61_000);
  const task = await call.data<Row>(`GET /nodes/pve/tasks/${encodeURIComponent(upid)}/status`);
  assertEquals(task["exitstatus"], "unexpected status");
  pve.inject({ kind: "restart-daemon" });
  await clock.advance(10);
  assertEquals((await run(VZDUMP, { vmid: "103", storage: "local" })).exitstatus, "OK");
});

Deno.test("what goes wrong with a guest is in the log; the status says job errors alone", async () => {
  const { run, pve } = simulate();
  pve.inject({ kind: "lock", vmid: 102, lock: "snapshot" });
  const { log, exitstatus } = await run(VZDUMP, { vmid: "102,999", storage: "local" });
  assertEquals(exitstatus, "job errors");
  const errors = log.filter((line) => line.startsWith("ERROR"));
  assertEquals(errors, [
    "ERROR: Backup of VM 102 failed - CT is locked (snapshot)",
    "ERROR: Backup of VM 999 failed - unable to find VM '999'",
  ]);
  pve.inject({ kind: "fill", storage: "local", leave: 1000 });
  const full = await run(VZDUMP, { vmid: "101", storage: "local" });
  assertMatch(full.log.find((line) => line.startsWith("ERROR")) ?? "", /failed: exit code 2$/);
  assertEquals("lock" in Object.fromEntries(pve.world.guest(101).config.options), false);
});

Deno.test("rights on the storage are asked at once, on the guest inside the task", async () => {
  const { pve, run, call } = simulate();
  const params = { vmid: "101", storage: "local" };
  const backupless = await run(VZDUMP, params, callerOf(pve, "no-VM-Backup"));
  assertEquals(backupless.exitstatus, "403 Permission check failed (/vms/101, VM.Backup)");
  const table: readonly (readonly [Record<string, string | number>, string])[] = [
    [{ ...params, bwlimit: 1000 }, "Permission check failed (/, Sys.Modify)"],
    [{ ...params, tmpdir: "/tmp" }, "Parameter verification failed."],
    [{ storage: "local" }, "Parameter verification failed."],
    [{ ...params, "notes-template": "{{nope}}" }, "Parameter verification failed."],
  ];
  for (const [given, reason] of table) assertEquals((await call(VZDUMP, given)).reason, reason);
  const nospace = await callerOf(pve, "no-Datastore-AllocateSpace")(VZDUMP, params);
  assertEquals(nospace.reason, "Permission check failed (/storage/local, Datastore.AllocateSpace)");
});

Deno.test("a retention that is passed prunes older backups, and not the protected ones", async () => {
  const { run, call } = simulate();
  const first = "local:backup/vzdump-lxc-101-2026_11_21-00_11_19.tar.zst";
  await call.data(`PUT /nodes/pve/storage/local/content/${encodeURIComponent(first)}`, {
    protected: 1,
  });
  await run(VZDUMP, { vmid: "101", storage: "local", "prune-backups": "keep-last=1" });
  const rows = await call.data<Row[]>(CONTENT, { content: "backup", vmid: 101 });
  assertEquals([rows.length, rows[0]?.["volid"], rows[0]?.["protected"]], [2, first, 1]);
  const removed = await run(`DELETE /nodes/pve/storage/local/content/${encodeURIComponent(first)}`);
  assertEquals(
    removed.exitstatus,
    "cannot remove protected volume 'backup/vzdump-lxc-101-2026_11_21-00_11_19.tar.zst' on 'local'",
  );
});

Deno.test("notes are expanded per guest, and a list shows their first line alone", async () => {
  const { run, call } = simulate();
  const notes = "{{guestname}} {{vmid}}\\nfrom {{node}}";
  await run(VZDUMP, { vmid: "102", storage: "local", "notes-template": notes });
  const [row = {}] = await call.data<Row[]>(CONTENT, { content: "backup", vmid: 102 });
  assertEquals(row["notes"], "deb102 102");
  const volume = encodeURIComponent(String(row["volid"]));
  const full = await call.data<Row>(`GET /nodes/pve/storage/local/content/${volume}`);
  assertEquals([full["notes"], full["protected"]], ["deb102 102\nfrom pve", 0]);
});

Deno.test("an archive is named in the node's local time, and its ctime is read back from that", async () => {
  const { run, call } = simulate({ scenario: "default" });
  await run(VZDUMP, { vmid: "230", storage: "local" });
  const [row = {}] = await call.data<Row[]>(CONTENT, { content: "backup", vmid: 230 });
  assertMatch(String(row["volid"]), /vzdump-lxc-230-2026_11_21-01_14_\d\d\.tar$/);
  assertEquals(Math.abs(Number(row["ctime"]) - 1_795_220_056) < 60, true);
});

Deno.test("deleting what is not there ends OK, and delay waits for the end", async () => {
  const { run, call, answered } = simulate();
  const gone = encodeURIComponent("local:backup/vzdump-lxc-101-2020_01_01-00_00_00.tar.zst");
  const path = `DELETE /nodes/pve/storage/local/content/${gone}`;
  assertEquals((await run(path)).log, [
    "disk image '/var/lib/vz/dump/vzdump-lxc-101-2020_01_01-00_00_00.tar.zst' does not exist",
    "Removed volume 'local:backup/vzdump-lxc-101-2020_01_01-00_00_00.tar.zst'",
    "TASK OK",
  ]);
  assertEquals(await answered(call.data(path, { delay: 5 })), null);
});

Deno.test("backups of guests one may not back up are left out of the list, without an error", async () => {
  const { pve } = simulate({ scenario: "default" });
  const agent = callerOf(pve);
  const before = await agent.data<Row[]>(CONTENT, { content: "backup" });
  pve.access.acl.grant({ path: "/vms/201", role: "NoAccess", to: pve.token.id });
  const after = await agent.data<Row[]>(CONTENT, { content: "backup" });
  const hidden = before.filter((row) => row["vmid"] === 201).length;
  assertEquals([hidden, after.length], [2, before.length - 2]);
});
