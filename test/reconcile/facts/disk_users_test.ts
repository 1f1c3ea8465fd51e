import { assertEquals } from "@std/assert";
import { readDiskUsers } from "../../../src/reconcile/facts/disk_users.ts";
import { ACTION } from "../../gate/scene.ts";
import { RULES } from "../../support/rules.ts";
import { openWork } from "../support/open_work.ts";

const signal = new AbortController().signal;
const expected = ["local"];

Deno.test("who uses an enrolled disk is read from storages and guests, pending mounts and raw lines too", async () => {
  await using opened = await openWork();
  const { eyes: { reads } } = opened.work;
  const { pve } = opened.simulator;
  const users = () => readDiskUsers({ reads, signal, expected });
  assertEquals(await users(), []);
  const use = (vmid: number, mp0: string | null) =>
    pve.inject({ kind: "change-config", vmid, set: { mp0 } });
  for (const path of ["/mnt/felhom/usb/data", "/mnt/felhom/usb", "/mnt/felhom", "/mnt", "/"]) {
    use(201, `${path},mp=/data`);
    assertEquals([path, await users()], [path, ["guest 201"]]);
  }
  for (const path of ["/mnt/felhom2/usb", "/mnt/other", "/srv"]) {
    use(201, `${path},mp=/data`);
    assertEquals([path, await users()], [path, []]);
  }
  use(201, null);
  const guest = pve.world.guest(230);
  guest.config = { ...guest.config, pending: new Map([["mp1", "/mnt/felhom/usb,mp=/x"]]) };
  assertEquals(await users(), ["guest 230"]);
});

Deno.test("a storage on an enrolled disk uses it; what cannot be seen leaves it unknown", async () => {
  const body = { data: [{ storage: "local", path: "/mnt/felhom/usb" }] };
  const fault = { kind: "status", status: 200, body } as const;
  await using opened = await openWork();
  const { eyes: { reads } } = opened.work;
  const { wire } = opened.simulator;
  const id = wire.faults.add({ path: "^/storage$", fault });
  assertEquals(await readDiskUsers({ reads, signal, expected }), ["storage local"]);
  assertEquals(await readDiskUsers({ reads, signal, expected: ["local", "usb"] }), null);
  wire.faults.remove(id);
  for (const path of ["^/storage$", "/lxc$", "/lxc/210/config$"]) {
    const broken = wire.faults.add({ path, fault: { kind: "status", status: 500 } });
    assertEquals([path, await readDiskUsers({ reads, signal, expected })], [path, null]);
    wire.faults.remove(broken);
  }
});

Deno.test("the facts of an unmount say who uses the disk, by the storages that the configuration names", async () => {
  const allowed = { ...RULES.allowed, storages: ["local", "local-zfs"] };
  await using opened = await openWork({ rules: { ...RULES, allowed } });
  assertEquals((await opened.work.facts(ACTION.unmount, signal)).diskUsers, []);
  assertEquals((await opened.work.facts(ACTION.mount, signal)).diskUsers, null);
});
