import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { simulate } from "./simulated.ts";

type Config = Record<string, unknown>;
const STOPPED = "/nodes/pve/lxc/102";
const RUNNING = "/nodes/pve/lxc/101";

Deno.test("a change of a stopped guest is applied at once, in Proxmox's normal form", async () => {
  const { call } = simulate();
  await call.data(`PUT ${STOPPED}/config`, {
    tags: "b;a,c B",
    description: "one\ntwo",
    net0: "ip=dhcp,bridge=vmbr0,name=eth0",
    memory: 256,
  });
  const config = await call.data<Config>(`GET ${STOPPED}/config`);
  assertEquals([config["tags"], config["description"], config["memory"]], [
    "a;b;c",
    "one\ntwo\n",
    256,
  ]);
  assertMatch(
    String(config["net0"]),
    /^name=eth0,bridge=vmbr0,hwaddr=BC:24:11(:[0-9A-F]{2}){3},ip=dhcp,type=veth$/,
  );
  assertNotEquals(String(config["net0"]).includes("8B:42:E2"), true, "without hwaddr a new MAC");
});

Deno.test("a running guest takes some changes at once, and keeps the rest for its next start", async () => {
  const { call, run } = simulate();
  await call.data(`PUT ${RUNNING}/config`, { memory: 192, features: "nesting=1" });
  const merged = await call.data<Config>(`GET ${RUNNING}/config`);
  const live = await call.data<Config>(`GET ${RUNNING}/config`, { current: true });
  assertEquals([merged["features"], live["features"], live["memory"]], [
    "nesting=1",
    undefined,
    192,
  ]);
  const pending = await call.data<{ key: string; pending?: string }[]>(`GET ${RUNNING}/pending`);
  assertEquals(pending.filter((row) => row.pending !== undefined), [
    { key: "features", pending: "nesting=1" },
  ]);
  await run(`POST ${RUNNING}/status/reboot`);
  const after = await call.data<Config>(`GET ${RUNNING}/config`, { current: true });
  assertEquals(after["features"], "nesting=1");
});

Deno.test("revert takes back what is pending, and the digest is the old one again", async () => {
  const { call } = simulate();
  const before = await call.data<Config>(`GET ${RUNNING}/config`);
  await call.data(`PUT ${RUNNING}/config`, { features: "nesting=1" });
  const between = await call.data<Config>(`GET ${RUNNING}/config`);
  assertNotEquals(between["digest"], before["digest"]);
  await call.data(`PUT ${RUNNING}/config`, { revert: "features" });
  assertEquals(await call.data<Config>(`GET ${RUNNING}/config`), before);
});

Deno.test("what a PUT is refused with, and that nothing is written then", async () => {
  const { call, pve } = simulate();
  const before = await call.data<Config>(`GET ${STOPPED}/config`);
  const only = "is only allowed for root@pam)";
  const table: readonly (readonly [Record<string, string | number>, number, string])[] = [
    [{}, 500, "no options specified"],
    [
      { memory: 200, digest: "abc" },
      500,
      "detected modified configuration - file changed by other user? Try again.",
    ],
    [{ unprivileged: 0 }, 500, "unable to modify read-only option: 'unprivileged'"],
    [{ delete: "memory" }, 500, "unable to delete required option 'memory'"],
    [{ delete: "nosuch" }, 400, "Parameter verification failed."],
    [{ delete: "memory", memory: 128 }, 400, "Parameter verification failed."],
    [
      { features: "nesting=1,keyctl=1" },
      403,
      `Permission check failed (changing feature flags (except nesting) ${only}`,
    ],
    [
      { memory: 200, mp0: "/srv,mp=/x" },
      403,
      `Permission check failed (mount point type bind ${only}`,
    ],
    [{ dev0: "/dev/null" }, 403, `Permission check failed (configuring device passthrough ${only}`],
    [
      { hookscript: "local:snippets/x.sh" },
      403,
      `Permission check failed (changing the hookscript ${only}`,
    ],
  ];
  for (const [params, status, reason] of table) {
    const answer = await call(`PUT ${STOPPED}/config`, params);
    assertEquals([answer.status, answer.reason], [status, reason], JSON.stringify(params));
  }
  assertEquals(await call.data<Config>(`GET ${STOPPED}/config`), before);
  pve.inject({ kind: "lock", vmid: 102, lock: "backup" });
  assertEquals(
    (await call(`PUT ${STOPPED}/config`, { memory: 200 })).reason,
    "CT is locked (backup)",
  );
});

Deno.test("a bridge that does not exist answers 500, is saved, and spoils every later PUT", async () => {
  const { call } = simulate();
  const put = await call(`PUT ${STOPPED}/config`, { net0: "name=eth0,bridge=vmbr9", memory: 193 });
  assertEquals([put.status, put.reason], [500, "bridge 'vmbr9' does not exist"]);
  const config = await call.data<Config>(`GET ${STOPPED}/config`);
  assertEquals(config["memory"], 193);
  const later = await call(`PUT ${STOPPED}/config`, { memory: 194 });
  assertEquals([later.status, later.reason], [500, "bridge 'vmbr9' does not exist"]);
  assertEquals((await call.data<Config>(`GET ${STOPPED}/config`))["memory"], 194);
});

Deno.test("a failed hotplug answers 400 and leaves the file and the storage as they were", async () => {
  const { call, pve } = simulate();
  const before = await call.data<Config>(`GET ${RUNNING}/config`);
  const used = pve.world.storage("ctbtrfs").used;
  const answer = await call(`PUT ${RUNNING}/config`, { memory: 155, mp0: "ctbtrfs:1,mp=/data" });
  assertEquals([answer.status, JSON.parse(JSON.stringify(answer.body)).errors], [400, {
    mp0: "unable to hotplug mp0: failed to change apparmor profile: Invalid argument\n",
  }]);
  assertEquals(await call.data<Config>(`GET ${RUNNING}/config`), before);
  assertEquals(pve.world.storage("ctbtrfs").used, used);
});

Deno.test("a volume is made, detached into unused0, and destroyed by deleting that", async () => {
  const { call, pve } = simulate();
  await call.data(`PUT ${STOPPED}/config`, { mp0: "ctbtrfs:1,mp=/data,backup=1" });
  const volid = "ctbtrfs:102/vm-102-disk-1.raw";
  const made = await call.data<Config>(`GET ${STOPPED}/config`);
  assertEquals(made["mp0"], `${volid},mp=/data,backup=1,size=1G`);
  await call.data(`PUT ${STOPPED}/config`, { delete: "mp0" });
  const detached = await call.data<Config>(`GET ${STOPPED}/config`);
  assertEquals([detached["mp0"], detached["unused0"]], [undefined, volid]);
  await call.data(`PUT ${STOPPED}/config`, { delete: "unused0" });
  assertEquals(pve.world.volume(volid), undefined);
});

Deno.test("protection keeps disks and the guest itself", async () => {
  const { call } = simulate();
  await call.data(`PUT ${STOPPED}/config`, { protection: 1 });
  const put = await call(`PUT ${STOPPED}/config`, {
    rootfs: "ctbtrfs:102/vm-102-disk-0.raw,size=9G",
  });
  assertEquals(put.reason, "can't update CT 102 drive 'rootfs' - protection mode enabled");
  const destroyed = await call(`DELETE ${STOPPED}`);
  assertEquals(destroyed.reason, "can't remove CT 102 - protection mode enabled");
});

Deno.test("a PUT waits for the guest's lock file and gives up after 10 s, in Proxmox's words", async () => {
  const { call, pve, clock, answered } = simulate();
  pve.inject({ kind: "hold-lock-file", vmid: 102, ms: 60_000 });
  await clock.settle();
  const before = clock.monotonic();
  const answer = await answered(call(`PUT ${STOPPED}/config`, { memory: 256 }));
  assertEquals(answer.reason, "can't lock file '/run/lock/lxc/pve-config-102.lock' - got timeout");
  assertEquals(clock.monotonic() - before, 10_000);
  assertEquals((await call(`GET ${STOPPED}/config`)).status, 200, "reading never locks");
  await clock.advance(60_000);
});
