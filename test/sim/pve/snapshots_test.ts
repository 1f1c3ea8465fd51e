import { assertEquals } from "@std/assert";
import { simulate } from "./simulated.ts";

type Row = Record<string, unknown>;
const CT = "/nodes/pve/lxc/102";

Deno.test("snapshots are listed with the pseudo row current, whose parent is the last one", async () => {
  const { call, run } = simulate();
  await run(`POST ${CT}/snapshot`, { snapname: "pre_update", description: "one\ntwo" });
  await run(`POST ${CT}/snapshot`, { snapname: "felhom-2026" });
  const rows = await call.data<Row[]>(`GET ${CT}/snapshot`);
  const shown = rows.map((row) => [row["name"], row["parent"], row["description"]]);
  assertEquals(shown, [
    ["pre_update", undefined, "one\ntwo\n"],
    ["felhom-2026", "pre_update", ""],
    ["current", "felhom-2026", "You are here!"],
  ]);
  assertEquals("snaptime" in (rows.at(-1) ?? {}), false);
});

Deno.test("what is wrong with a snapshot is found inside the task, but for reserved names", async () => {
  const { call, run } = simulate();
  await run(`POST ${CT}/snapshot`, { snapname: "abc" });
  const table = [
    [`POST ${CT}/snapshot`, { snapname: "abc" }, "snapshot name 'abc' already used"],
    [`POST /nodes/pve/lxc/103/snapshot`, { snapname: "abc" }, "snapshot feature is not available"],
    [`DELETE ${CT}/snapshot/nosuch`, {}, "snapshot 'nosuch' does not exist"],
    [`POST ${CT}/snapshot/nosuch/rollback`, {}, "snapshot 'nosuch' does not exist"],
  ] as const;
  for (const [text, params, status] of table) {
    assertEquals((await run(text, params)).exitstatus, status, text);
  }
  const reserved = await call(`POST ${CT}/snapshot`, { snapname: "vzdump" });
  assertEquals(reserved.reason, "unable to use snapshot name 'vzdump' (reserved name)");
});

Deno.test("a rollback stops the guest, brings the whole configuration and content back, keeps the description", async () => {
  const { call, run, pve } = simulate();
  await run(`POST ${CT}/snapshot`, { snapname: "abc" });
  await call.data(`PUT ${CT}/config`, { memory: 256, description: "later", tags: "new" });
  const volume = pve.world.volume("ctbtrfs:102/vm-102-disk-0.raw");
  if (volume !== undefined) volume.data = { bytes: 1, marks: ["overwritten"] };
  await run(`POST ${CT}/status/start`);
  assertEquals((await run(`POST ${CT}/snapshot/abc/rollback`)).exitstatus, "OK");
  const config = await call.data<Row>(`GET ${CT}/config`);
  assertEquals([config["memory"], config["tags"], config["description"], config["lock"]], [
    128,
    "demo;felhom",
    "later\n",
    undefined,
  ]);
  assertEquals([pve.world.isRunning(102), volume?.data.marks], [false, ["ct102"]]);
});

Deno.test("a rollback with start=1 ends OK while a separate start runs", async () => {
  const { call, run, pve, clock } = simulate();
  await run(`POST ${CT}/snapshot`, { snapname: "abc" });
  const upid = await call.data<string>(`POST ${CT}/snapshot/abc/rollback`, { start: 1 });
  await clock.advance(500);
  assertEquals(pve.world.tasks.find(upid)?.log, ["TASK OK"]);
  assertEquals(pve.world.tasks.running("vzstart", "102").length, 1);
  await clock.advance(5_000);
});

Deno.test("on ZFS only the newest snapshot can be rolled back to", async () => {
  const { run } = simulate({ scenario: "default" });
  const path = "/nodes/pve/lxc/201";
  await run(`POST ${path}/snapshot`, { snapname: "newer" });
  const { exitstatus } = await run(`POST ${path}/snapshot/before-upgrade/rollback`);
  assertEquals(
    exitstatus,
    "can't rollback, 'before-upgrade' is not most recent snapshot on 'local-zfs:subvol-201-disk-0'",
  );
  assertEquals((await run(`POST ${path}/snapshot/newer/rollback`)).exitstatus, "OK");
});

Deno.test("a rollback that is killed leaves lock=rollback", async () => {
  const { call, run, pve, clock } = simulate();
  await run(`POST ${CT}/snapshot`, { snapname: "abc" });
  await call.data(`POST ${CT}/snapshot/abc/rollback`);
  await clock.advance(100);
  pve.inject({ kind: "restart-daemon" });
  assertEquals((await call.data<Row>(`GET ${CT}/config`))["lock"], "rollback");
});

Deno.test("a snapshot that fails on its storage leaves nothing, and force deletes one that does", async () => {
  const { call, run, pve } = simulate();
  await run(`POST ${CT}/snapshot`, { snapname: "abc" });
  pve.inject({ kind: "unmount", storage: "ctbtrfs" });
  const failed = await run(`POST ${CT}/snapshot`, { snapname: "xyz" });
  assertEquals(failed.log, [
    "snapshot create failed: starting cleanup",
    "TASK ERROR: unable to activate storage 'ctbtrfs' - directory is expected to be a mount point but is not mounted: '/var/lib/vz-btrfs' ",
  ]);
  const names = async () =>
    (await call.data<Row[]>(`GET ${CT}/snapshot`)).map((row) => row["name"]);
  assertEquals(await names(), ["abc", "current"]);
  assertEquals((await run(`DELETE ${CT}/snapshot/abc`, { force: 1 })).exitstatus, "OK");
  assertEquals(await names(), ["current"]);
});
