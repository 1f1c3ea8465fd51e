/** An enrolled disk is not unmounted under whoever names it by a crooked path. */
import { assertEquals } from "@std/assert";
import { readDiskUsers } from "../../src/reconcile/facts/disk_users.ts";
import { openWork } from "../reconcile/support/open_work.ts";

const signal = new AbortController().signal;
const expected = ["local"];

Deno.test("a guest that mounts a folder of the disk uses it, however its path is written", async () => {
  await using opened = await openWork();
  const { simulator: { pve }, work: { eyes: { reads } } } = opened;
  const users = async (path: string) => {
    pve.inject({ kind: "change-config", vmid: 201, set: { mp0: `${path},mp=/data` } });
    return [path, await readDiskUsers({ reads, signal, expected })];
  };
  for (
    const path of [
      ...["/mnt/./felhom/usb", "/./mnt/felhom/usb", "/mnt/felhom/.", "//mnt//felhom//usb/"],
      ...["/mnt/x/../felhom/usb", "/mnt/felhom/../felhom/usb", "/srv/..", "/mnt/."],
    ]
  ) assertEquals(await users(path), [path, ["guest 201"]]);
  for (const path of ["/mnt/./other", "/srv/./x", "/mnt/felhom.d", "/mnt/felhom2/."]) {
    assertEquals(await users(path), [path, []]);
  }
});

Deno.test("a storage on the disk uses it, and so does a raw line of a guest that mounts unseen", async () => {
  await using opened = await openWork();
  const { simulator: { wire }, work: { eyes: { reads } } } = opened;
  const users = async (path: string, data: unknown) => {
    const fault = { kind: "status", status: 200, body: { data } } as const;
    const id = wire.faults.add({ path, fault });
    const found = await readDiskUsers({ reads, signal, expected });
    wire.faults.remove(id);
    return found;
  };
  for (const path of ["/mnt/./felhom/usb", "/srv/../mnt/felhom/usb", "/mnt/felhom/usb/"]) {
    const storages = [{ storage: "local", path: "/var/lib/vz" }, { storage: "usb", path }];
    assertEquals([path, await users("^/storage$", storages)], [path, ["storage usb"]]);
  }
  const raw = (line: readonly string[]) =>
    users("/lxc/201/config$", { digest: "a".repeat(40), arch: "amd64", lxc: [line] });
  for (
    const line of [
      ...[["lxc.include", "/srv/x.conf"], ["lxc.mount.fstab", "/srv/fstab"]],
      ...[["lxc.mount", "/srv/fstab"], ["lxc.rootfs.path", "/srv/rootfs"]],
      ...[["lxc.hook.pre-start", "/srv/hook"], [
        "lxc.mount.entry",
        "/mnt/./felhom/usb x none bind",
      ]],
      ["lxc.mount.entry", "/mnt/\\146elhom/usb x none bind 0 0"],
      ["lxc.mount.entry", "../mnt/felhom/usb x none bind 0 0"],
    ]
  ) assertEquals([line, await raw(line)], [line, ["guest 201"]]);
  for (
    const line of [
      ...[["lxc.cap.drop", "sys_admin"], ["lxc.mount.auto", "proc:rw"]],
      ...[["lxc.mount.entry", "/dev/dri dev/dri none bind"], ["lxc.mount.entry", "proc proc proc"]],
    ]
  ) assertEquals([line, await raw(line)], [line, []]);
});
