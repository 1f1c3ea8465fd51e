import { assertEquals, assertMatch } from "@std/assert";
import { callerOf } from "./caller.ts";
import { simulate } from "./simulated.ts";
import { exitStatusOf } from "./world/exit_status.ts";
import { parseUpid, printUpid } from "./world/upid.ts";

type Row = Record<string, unknown>;
const TASKS = "/nodes/pve/tasks";
const START = "POST /nodes/pve/lxc/102/status/start";

Deno.test("a task's name is read and written as Proxmox does", () => {
  const text = "UPID:pve:00001DD9:00033A49:6B00E2A5:vzshutdown:104:felhom-agent@pve!agent:";
  const parts = parseUpid(text);
  assertEquals(parts === undefined ? "" : printUpid(parts), text);
  assertEquals([parts?.pid, parts?.pstart, parts?.starttime], [7641, 211529, 1795220133]);
  for (const bad of ["UPIDgarbage", text.slice(0, -1), text.replace("00001DD9", "1DD9")]) {
    assertEquals(parseUpid(bad), undefined, bad);
  }
});

Deno.test("how a task ended stands in its last line", () => {
  const table = [
    ["TASK OK", "OK"],
    ["TASK WARNINGS: 2", "WARNINGS: 2"],
    ["TASK ERROR: job errors", "job errors"],
    ["INFO: half way", "unexpected status"],
  ] as const;
  for (const [line, status] of table) assertEquals(exitStatusOf([line]), status);
});

Deno.test("a running task has no exitstatus, an empty log, and a row of its own shape", async () => {
  const { call, finish } = simulate();
  const upid = await call.data<string>(START);
  const path = `${TASKS}/${encodeURIComponent(upid)}`;
  const running = await call.data<Row>(`GET ${path}/status`);
  assertEquals([running["status"], "exitstatus" in running], ["running", false]);
  assertEquals(await call.data(`GET ${path}/log`), [{ n: 1, t: "no content" }]);
  const [active = {}] = await call.data<Row[]>(`GET ${TASKS}`, { source: "active" });
  assertEquals([active["status"], active["user"], active["saved"], "endtime" in active], [
    "RUNNING",
    "felhom-agent@pve!agent",
    "0",
    false,
  ]);
  assertEquals(await call.data(`GET ${TASKS}`), [], "the archive is what is asked for by default");
  await finish();
  const [done = {}] = await call.data<Row[]>(`GET ${TASKS}`);
  assertEquals([done["status"], done["user"], done["tokenid"]], [
    "OK",
    "felhom-agent@pve",
    "agent",
  ]);
});

Deno.test("the list filters by id, type, user, time and class, and pages", async () => {
  const { call, run, pve } = simulate();
  await run(START);
  pve.inject({ kind: "task", type: "vzstop", fate: { kind: "fail", message: "no luck" } });
  await run("POST /nodes/pve/lxc/102/status/stop");
  const types = async (params: Record<string, string | number>) =>
    (await call.data<Row[]>(`GET ${TASKS}`, params)).map((row) => row["type"]);
  const table: readonly (readonly [Record<string, string | number>, string[]])[] = [
    [{ vmid: 102 }, ["vzstop", "vzstart"]],
    [{ vmid: 101 }, []],
    [{ typefilter: "vzstart" }, ["vzstart"]],
    [{ userfilter: "FELHOM-agent@PVE" }, ["vzstop", "vzstart"]],
    [{ userfilter: "felhom-agent@pve!agent" }, []],
    [{ statusfilter: "error" }, ["vzstop"]],
    [{ statusfilter: "ok,warning" }, ["vzstart"]],
    [{ errors: 1 }, ["vzstop"]],
    [{ until: 1_795_220_000 }, []],
    [{ limit: 1, start: 1 }, ["vzstart"]],
    [{ limit: 0 }, []],
  ];
  for (const [params, expected] of table) {
    assertEquals(await types(params), expected, JSON.stringify(params));
  }
});

Deno.test("a row may say RUNNING for a moment after its task ended; its status does not", async () => {
  const { pve, call, clock } = simulate();
  const upid = await call.data<string>(START);
  await clock.advance(1_500);
  assertMatch(pve.world.tasks.find(upid)?.log.at(-1) ?? "", /^TASK OK$/);
  const [row = {}] = await call.data<Row[]>(`GET ${TASKS}`, { source: "all" });
  const status = await call.data<Row>(`GET ${TASKS}/${encodeURIComponent(upid)}/status`);
  assertEquals([row["status"], status["status"]], ["RUNNING", "stopped"]);
  await clock.advance(200);
  const [later = {}] = await call.data<Row[]>(`GET ${TASKS}`, { source: "all" });
  assertEquals(later["status"], "OK");
});

Deno.test("a token sees its own tasks alone unless it has Sys.Audit", async () => {
  const { pve, call, run } = simulate();
  const { upid } = await run(START);
  const blind = callerOf(pve, "no-Sys-Audit");
  assertEquals(await blind.data(`GET ${TASKS}`), []);
  const status = await blind(`GET ${TASKS}/${encodeURIComponent(upid)}/status`);
  assertEquals(status.reason, "Permission check failed (/nodes/pve, Sys.Audit)");
  assertEquals((await call.data<Row[]>(`GET ${TASKS}`)).length, 1);
});

Deno.test("an unknown task is an error of status and a line of log", async () => {
  const { call } = simulate();
  const upid = "UPID:pve:0000FFFF:00030593:6B00E21F:vzstart:101:felhom-agent@pve!agent:";
  const path = `GET ${TASKS}/${encodeURIComponent(upid)}`;
  assertEquals((await call(`${path}/status`)).body, {
    data: null,
    message: "Parameter verification failed.\n",
    errors: { upid: "no such task" },
  });
  assertEquals(await call.data(`${path}/log`), [
    { n: 1, t: "unable to open file - No such file or directory" },
  ]);
});

Deno.test("an aborted restore cleans up, an aborted shutdown is killed after 5 s", async () => {
  const { call, pve, clock, answered, finish } = simulate();
  const create = await call.data<string>("POST /nodes/pve/lxc", {
    vmid: 150,
    ostemplate: "local:vztmpl/debian-12-sysv_12.0_amd64.tar.zst",
    rootfs: "ctbtrfs:1",
  });
  await clock.advance(400);
  await answered(call.data(`DELETE ${TASKS}/${encodeURIComponent(create)}`));
  assertMatch(
    pve.world.tasks.find(create)?.log.at(-1) ?? "",
    /^TASK ERROR: unable to create CT 150 - command 'lxc-usernsexec .* failed: received interrupt$/,
  );
  assertEquals([pve.world.guests.has(150), pve.world.volume("ctbtrfs:150/vm-150-disk-0.raw")], [
    false,
    undefined,
  ]);

  await call(`POST /nodes/pve/lxc/104/status/start`);
  await finish();
  const shutdown = await call.data<string>(`POST /nodes/pve/lxc/104/status/shutdown`);
  await clock.advance(1_000);
  const before = clock.monotonic();
  await answered(call.data(`DELETE ${TASKS}/${encodeURIComponent(shutdown)}`));
  assertEquals(clock.monotonic() - before, 5_000);
  const task = await call.data<Row>(`GET ${TASKS}/${encodeURIComponent(shutdown)}/status`);
  assertEquals(task["exitstatus"], "unexpected status");
});

Deno.test("a daemon restart kills what runs and leaves its locks behind", async () => {
  const { call, pve, clock } = simulate();
  const upid = await call.data<string>("POST /nodes/pve/lxc", {
    vmid: 150,
    ostemplate: "local:vztmpl/debian-12-sysv_12.0_amd64.tar.zst",
    rootfs: "ctbtrfs:1",
  });
  await clock.advance(400);
  pve.inject({ kind: "restart-daemon" });
  await clock.advance(60_000);
  const task = await call.data<Row>(`GET ${TASKS}/${encodeURIComponent(upid)}/status`);
  assertEquals([task["status"], task["exitstatus"]], ["stopped", "unexpected status"]);
  assertEquals((await call.data<Row>("GET /nodes/pve/lxc/150/config"))["lock"], "create");
  const put = await call("PUT /nodes/pve/lxc/150/config", { memory: 128 });
  assertEquals(put.reason, "CT is locked (create)", "but the lock file is free");
});

Deno.test("a stuck task runs on, with its locks, until it is killed", async () => {
  const { call, pve, clock, answered } = simulate();
  pve.inject({ kind: "task", fate: { kind: "stuck" } });
  const upid = await call.data<string>(START);
  await clock.advance(3_600_000);
  const path = `${TASKS}/${encodeURIComponent(upid)}`;
  assertEquals((await call.data<Row>(`GET ${path}/status`))["status"], "running");
  await answered(call.data(`DELETE ${path}`));
  assertEquals((await call.data<Row>(`GET ${path}/status`))["exitstatus"], "unexpected status");
});
