import { assertEquals } from "@std/assert";
import { simulate } from "./simulated.ts";

const GUEST = "/nodes/pve/lxc";
const START = `POST ${GUEST}/102/status/start`;

Deno.test("whether a guest runs is asked at once, in words that differ by action", async () => {
  const { call, run } = simulate();
  const table = [
    [`POST ${GUEST}/101/status/start`, "CT 101 already running"],
    [`POST ${GUEST}/102/status/stop`, "CT 102 not running"],
    [`POST ${GUEST}/102/status/shutdown`, "CT 102 not running"],
    [`POST ${GUEST}/102/status/reboot`, "VM 102 not running"],
    [`POST ${GUEST}/999/status/stop`, "CT 999 not running"],
  ] as const;
  for (const [text, reason] of table) {
    const answer = await call(text);
    assertEquals([answer.status, answer.reason], [500, reason], text);
  }
  const missing = await run(`POST ${GUEST}/999/status/start`);
  const text = "Configuration file 'nodes/pve/lxc/999.conf' does not exist";
  assertEquals(missing.exitstatus, text, "starting what is not there is a failing task");
});

Deno.test("a config lock is found inside the task: the call succeeds, the task fails", async () => {
  const { pve, run } = simulate();
  pve.inject({ kind: "lock", vmid: 102, lock: "backup" });
  pve.inject({ kind: "lock", vmid: 101, lock: "snapshot" });
  assertEquals((await run(START)).exitstatus, "CT is locked (backup)");
  const stop = await run(`POST ${GUEST}/101/status/stop`);
  assertEquals(stop.exitstatus, "CT is locked (snapshot)");
  pve.inject({ kind: "lock", vmid: 102, lock: "mounted" });
  assertEquals((await run(START)).exitstatus, "OK", "mounted does not keep it from starting");
});

Deno.test("a shutdown of a stubborn guest times out, and forceStop kills it", async () => {
  const { pve, run } = simulate();
  await run(`POST ${GUEST}/104/status/start`);
  const patient = await run(`POST ${GUEST}/104/status/shutdown`, { timeout: 6 });
  assertEquals(patient.log, [
    "command 'lxc-stop -n 104 --nokill --timeout 6' failed: exit code 1",
    "TASK ERROR: container did not stop",
  ]);
  assertEquals(pve.world.isRunning(104), true);
  const forced = await run(`POST ${GUEST}/104/status/shutdown`, { timeout: 6, forceStop: true });
  assertEquals([forced.exitstatus, pve.world.isRunning(104)], ["OK", false]);
});

Deno.test("a stop waits 10 s for a shutdown's lock file, and overrule-shutdown ends that first", async () => {
  const { pve, clock, call, finish } = simulate();
  await call(`POST ${GUEST}/104/status/start`);
  await finish();
  const shutdown = await call.data<string>(`POST ${GUEST}/104/status/shutdown`, { timeout: 60 });
  await clock.advance(1_000);
  const stop = await call.data<string>(`POST ${GUEST}/104/status/stop`);
  await clock.advance(11_000);
  assertEquals(pve.world.tasks.find(stop)?.log, [
    "trying to acquire lock...",
    "TASK ERROR: can't lock file '/run/lock/lxc/pve-config-104.lock' - got timeout",
  ]);
  const overrule = await call.data<string>(`POST ${GUEST}/104/status/stop`, {
    "overrule-shutdown": true,
  });
  await finish();
  assertEquals(pve.world.tasks.find(overrule)?.log, [
    `overruled vzshutdown tasks: ${shutdown}`,
    "trying to acquire lock...",
    " OK",
    "TASK OK",
  ]);
  assertEquals(pve.world.isRunning(104), false);
});

Deno.test("starting applies what is pending, and needs its volumes and bridges", async () => {
  const { pve, run } = simulate();
  pve.inject({ kind: "unmount", storage: "ctbtrfs" });
  const text =
    "unable to activate storage 'ctbtrfs' - directory is expected to be a mount point but is not mounted: '/var/lib/vz-btrfs'";
  assertEquals((await run(START)).exitstatus, text);
  pve.inject({ kind: "remount", storage: "ctbtrfs" });
  pve.inject({ kind: "lose-volume", volid: "ctbtrfs:102/vm-102-disk-0.raw" });
  const gone = "volume 'ctbtrfs:102/vm-102-disk-0.raw' does not exist";
  assertEquals((await run(START)).exitstatus, gone);
});

Deno.test("a systemd that may not nest makes the start end in a warning", async () => {
  const { pve, run } = simulate({ scenario: "default" });
  pve.inject({ kind: "change-config", vmid: 230, set: { features: null } });
  const { exitstatus, log } = await run(`POST ${GUEST}/230/status/start`);
  assertEquals(exitstatus, "WARNINGS: 1");
  assertEquals(log[0], "WARN: Systemd 252 detected. You may need to enable nesting.");
});
