import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { type Caller, callerOf } from "./caller.ts";
import { simulate, type Simulated } from "./simulated.ts";

type Config = Record<string, unknown>;
const LXC = "/nodes/pve/lxc";
const BUSYBOX = "local:vztmpl/busybox-tiny_1.35_amd64.tar.zst";

/** Backs a guest up and answers the archive's volume id. */
async function backUp({ run, call }: Simulated, vmid: number): Promise<string> {
  await run("POST /nodes/pve/vzdump", { vmid: String(vmid), storage: "local", compress: "zstd" });
  const rows = await call.data<{ volid: string; ctime: number }[]>(
    "GET /nodes/pve/storage/local/content",
    { content: "backup", vmid },
  );
  return rows.toSorted((a, b) => b.ctime - a.ctime)[0]?.volid ?? "";
}

Deno.test("a guest is made from a template, with defaults where nothing is said", async () => {
  const { call, run } = simulate();
  const task = await run(`POST ${LXC}`, { vmid: 150, ostemplate: BUSYBOX, storage: "ctbtrfs" });
  assertEquals([task.exitstatus, task.log.at(-3)], ["OK", "Falling back to amd64."]);
  const { digest, ...config } = await call.data<Config>(`GET ${LXC}/150/config`);
  assertMatch(String(digest), /^[0-9a-f]{40}$/);
  assertEquals(config, {
    arch: "amd64",
    hostname: "CT150",
    memory: 512,
    swap: 512,
    ostype: "unmanaged",
    rootfs: "ctbtrfs:150/vm-150-disk-0.raw,size=4G",
    unprivileged: 1,
  });
});

Deno.test("what creation is refused with at once", async () => {
  const { call, pve } = simulate();
  const base = { vmid: 150, ostemplate: BUSYBOX, rootfs: "ctbtrfs:1" };
  const table: readonly (readonly [Record<string, string | number>, number, string])[] = [
    [{ ...base, vmid: 101 }, 500, "CT 101 already exists on node 'pve'"],
    [{ ...base, mp0: "ctbtrfs:1,mp=/x", rootfs: "" }, 400, "Parameter verification failed."],
    [{ ...base, unprivileged: 0 }, 403, "Permission check failed (/, Sys.Modify)"],
    [
      { ...base, restore: 1 },
      500,
      `unable to use volume ${BUSYBOX} - content type needs to be 'backup'`,
    ],
    [{ ...base, vmid: 101, restore: 1, force: 1 }, 500, "can't overwrite running container"],
    [{ ...base, pool: "none" }, 403, "Permission check failed (pool 'none' does not exist)"],
    [{ ...base, rootfs: "nope:1" }, 500, "storage 'nope' does not exist"],
  ];
  for (const [params, status, reason] of table) {
    const answer = await call(`POST ${LXC}`, params);
    assertEquals([answer.status, answer.reason], [status, reason], JSON.stringify(params));
  }
  const nobody = await callerOf(pve, "no-VM-Allocate")(`POST ${LXC}`, base);
  assertEquals([nobody.status, nobody.reason], [403, "Permission check failed"]);
});

Deno.test("the VMID is taken, with lock=create, before the task has done anything", async () => {
  const { call, finish } = simulate();
  await call.data(`POST ${LXC}`, { vmid: 150, ostemplate: BUSYBOX, rootfs: "ctbtrfs:1" });
  const config = await call.data<Config>(`GET ${LXC}/150/config`);
  assertEquals(Object.keys(config).toSorted(), ["digest", "lock"]);
  const again = await call(`POST ${LXC}`, { vmid: 150, ostemplate: BUSYBOX, rootfs: "ctbtrfs:1" });
  assertEquals(again.reason, "CT 150 already exists on node 'pve'");
  await finish();
});

Deno.test("a failed creation leaves neither file nor volume", async () => {
  const { call, run, pve } = simulate();
  const used = pve.world.storage("ctbtrfs").used;
  const table = [
    [
      { ostemplate: "local:vztmpl/nope.tar.zst", rootfs: "ctbtrfs:1" },
      /volume 'local:vztmpl\/nope.tar.zst' does not exist$/,
    ],
    [
      { ostemplate: "local:vztmpl/debian-12-sysv_12.0_amd64.tar.zst", rootfs: "ctbtrfs:0.05" },
      /failed: exit code 2$/,
    ],
  ] as const;
  for (const [params, error] of table) {
    const { exitstatus } = await run(`POST ${LXC}`, { vmid: 151, ...params });
    assertMatch(exitstatus ?? "", error);
    assertEquals((await call(`GET ${LXC}/151/config`)).status, 500);
    assertEquals(pve.world.storage("ctbtrfs").used, used);
  }
});

Deno.test("start=1 forks a start of its own, and the creation does not wait for it", async () => {
  const { pve, run, finish } = simulate();
  await run(`POST ${LXC}`, { vmid: 150, ostemplate: BUSYBOX, rootfs: "ctbtrfs:1", start: 1 });
  await finish();
  const types = pve.world.tasks.all().map((task) => task.type);
  assertEquals([types, pve.world.isRunning(150)], [["vzcreate", "vzstart"], true]);
});

Deno.test("a restore takes over what is not passed, onboot and tags too; parameters win", async () => {
  const simulated = simulate();
  const { call, run } = simulated;
  const volid = await backUp(simulated, 103);
  await run(`POST ${LXC}`, {
    vmid: 150,
    ostemplate: volid,
    restore: 1,
    storage: "ctbtrfs",
    memory: 99,
    net0: "name=eth0,bridge=vmbr0,ip=dhcp",
  });
  const config = await call.data<Config>(`GET ${LXC}/150/config`);
  assertEquals([config["onboot"], config["startup"], config["memory"], config["unprivileged"]], [
    1,
    "order=2",
    99,
    1,
  ]);
  assertEquals(config["mp0"], "ctbtrfs:150/vm-150-disk-1.raw,mp=/data,backup=1,size=1G");
  assertEquals(
    String(config["net0"]).includes("7E:61:C7"),
    false,
    "given without hwaddr: a new MAC",
  );
});

Deno.test("unique gives every interface of the backup a new MAC, over one that was passed", async () => {
  const simulated = simulate();
  const { call, run } = simulated;
  const volid = await backUp(simulated, 102);
  const net0 = "name=eth0,bridge=vmbr0,ip=dhcp,link_down=1";
  await run(`POST ${LXC}`, {
    vmid: 150,
    ostemplate: volid,
    restore: 1,
    storage: "ctbtrfs",
    unique: 1,
    net0,
  });
  const made = String((await call.data<Config>(`GET ${LXC}/150/config`))["net0"]);
  assertEquals([
    made.includes("link_down"),
    made.includes("10.77.0.102"),
    made.includes("8B:42:E2"),
  ], [false, true, false]);
  await run(`POST ${LXC}`, { vmid: 151, ostemplate: volid, restore: 1, storage: "ctbtrfs" });
  const same = String((await call.data<Config>(`GET ${LXC}/151/config`))["net0"]);
  assertEquals(same.includes("BC:24:11:8B:42:E2"), true, "without unique the old MAC comes back");
});

Deno.test("rootfs alone drops the mount points, and their content lands in the root", async () => {
  const simulated = simulate();
  const volid = await backUp(simulated, 103);
  await simulated.run(`POST ${LXC}`, {
    vmid: 150,
    ostemplate: volid,
    restore: 1,
    rootfs: "ctbtrfs:2",
  });
  const config = await simulated.call.data<Config>(`GET ${LXC}/150/config`);
  assertEquals([config["mp0"], config["rootfs"]], [
    undefined,
    "ctbtrfs:150/vm-150-disk-0.raw,size=2G",
  ]);
  const root = simulated.pve.world.volume("ctbtrfs:150/vm-150-disk-0.raw");
  assertEquals(root?.data.marks, ["ct103", "ct103"]);
});

Deno.test("a forced restore destroys the old guest before it unpacks: a cut archive leaves nothing", async () => {
  const simulated = simulate();
  const { pve, call, run } = simulated;
  const volid = await backUp(simulated, 102);
  const params = { vmid: 102, ostemplate: volid, restore: 1, storage: "ctbtrfs", force: 1 };
  assertEquals((await run(`POST ${LXC}`, params)).exitstatus, "OK");
  assertEquals(
    (await call.data<Config>(`GET ${LXC}/102/config`))["rootfs"],
    "ctbtrfs:102/vm-102-disk-1.raw,size=2G",
  );
  pve.inject({ kind: "truncate-backup", volid });
  const cut = await run(`POST ${LXC}`, params);
  assertMatch(
    cut.exitstatus ?? "",
    /^unable to restore CT 102 - command '.*' failed: exit code 2$/,
  );
  assertEquals(
    (await call(`GET ${LXC}/102/config`)).reason,
    "Configuration file 'nodes/pve/lxc/102.conf' does not exist",
  );
  const left = pve.world.storage("ctbtrfs").volumes().filter((volume) => volume.vmid === 102);
  assertEquals(left, []);
});

Deno.test("what fails before anything is touched leaves the old guest as it was", async () => {
  const { pve, call, run } = simulate();
  const before = await call.data<Config>(`GET ${LXC}/102/config`);
  const missing = "local:backup/vzdump-lxc-102-2020_01_01-00_00_00.tar.zst";
  const params = { vmid: 102, ostemplate: missing, restore: 1, storage: "ctbtrfs", force: 1 };
  const { exitstatus } = await run(`POST ${LXC}`, params);
  assertEquals(exitstatus, `unable to restore CT 102 - volume '${missing}' does not exist`);
  assertEquals(await call.data<Config>(`GET ${LXC}/102/config`), before);
  pve.inject({ kind: "lock", vmid: 102, lock: "backup" });
  const locked = await call(`POST ${LXC}`, params);
  assertEquals([locked.status, locked.reason], [
    500,
    "unable to restore CT 102 - CT is locked (backup)",
  ]);
});

Deno.test("SDN.Use is missed inside the task, and VM.Backup stands for VM.Allocate over a guest", async () => {
  const simulated = simulate();
  const { pve, run } = simulated;
  const volid = await backUp(simulated, 102);
  const as = (name: string): Caller => callerOf(pve, name);
  const fresh = { vmid: 150, ostemplate: volid, restore: 1, storage: "ctbtrfs" };
  const nosdn = await run(`POST ${LXC}`, fresh, as("no-SDN-Use"));
  assertEquals(
    nosdn.exitstatus,
    "unable to restore CT 150 - 403 Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)",
  );
  await run(`POST ${LXC}`, fresh);
  const over = await run(`POST ${LXC}`, { ...fresh, force: 1 }, as("no-VM-Allocate"));
  assertEquals(over.exitstatus, "OK");
});

Deno.test("destroying takes volumes, ACLs and pool membership, and keeps the backups", async () => {
  const simulated = simulate();
  const { pve, call, run } = simulated;
  await backUp(simulated, 102);
  pve.access.pools.add("customers");
  pve.access.pools.addGuest("customers", 102);
  pve.access.acl.grant({ path: "/vms/102", role: "PVEAuditor", to: "other@pve!other" });
  const running = await call(`DELETE ${LXC}/101`);
  assertEquals(running.reason, "unable to destroy CT 101 - container is running");
  const { log } = await run(`DELETE ${LXC}/102`, { purge: 1 });
  assertEquals(log, ["purging CT 102 from related configurations..", "TASK OK"]);
  assertEquals((await call(`GET ${LXC}/102/config`)).status, 500);
  assertEquals(pve.world.volume("ctbtrfs:102/vm-102-disk-0.raw"), undefined);
  assertEquals(pve.access.acl.paths().includes("/vms/102"), false);
  assertEquals(pve.access.pools.poolOf(102), undefined);
  const backups = pve.world.storage("local").backups().filter((backup) => backup.vmid === 102);
  assertNotEquals(backups.length, 0);
});

Deno.test("a volume that cannot be freed keeps the guest's file", async () => {
  const { pve, call, run } = simulate();
  pve.inject({ kind: "lose-volume", volid: "ctbtrfs:102/vm-102-disk-0.raw" });
  const { exitstatus } = await run(`DELETE ${LXC}/102`);
  assertEquals(
    exitstatus,
    "command 'btrfs subvolume delete -- /var/lib/vz-btrfs/images/102/vm-102-disk-0' failed: ERROR: Could not statfs: No such file or directory",
  );
  assertEquals((await call(`GET ${LXC}/102/config`)).status, 200);
});
