import { assertEquals } from "@std/assert";
import {
  mountedVolumes,
  sumOfSizes,
  volumesInBackup,
} from "../../../src/reconcile/facts/volume_sizes.ts";

const GIB = 1024 ** 3;

Deno.test("Volumes are what is mounted of storages, with their sizes, and whether a backup holds them", () => {
  const config = {
    rootfs: "local-lvm:vm-101-disk-0,size=8G",
    mp0: "local-lvm:vm-101-disk-1,mp=/srv,backup=1,size=512M",
    mp1: "volume=local-lvm:vm-101-disk-2,mp=/tmp,size=1.5G",
    mp2: "/srv/share,mp=/share",
    mp3: "volume=/dev/sdb,mp=/disk",
    unused0: "local-lvm:vm-101-disk-3,size=99G",
    memory: 512,
  };
  assertEquals(mountedVolumes(config), [
    { key: "rootfs", storage: "local-lvm", size: 8 * GIB, backedUp: true },
    { key: "mp0", storage: "local-lvm", size: GIB / 2, backedUp: true },
    { key: "mp1", storage: "local-lvm", size: 1.5 * GIB, backedUp: false },
  ]);
});

Deno.test("A restore makes what the configuration in the backup mounts, and nothing of its snapshots", () => {
  const text = [
    "#a description: with a colon",
    "hostname: shop",
    "rootfs: local:101/vm-101-disk-0.raw,size=4G",
    "mp0: local:101/vm-101-disk-1.raw,mp=/srv,size=2T",
    "",
    "[before]",
    "mp1: local:101/vm-101-disk-2.raw,mp=/old,size=9G",
  ].join("\n");
  assertEquals(sumOfSizes(volumesInBackup(text)), 4 * GIB + 2048 * GIB);
});

for (const size of ["", ",size=", ",size=x", ",size=4P", ",size=-4G", ",size=4G4"]) {
  Deno.test(`Nobody can tell the size of a volume that says "${size}"`, () => {
    assertEquals(sumOfSizes(mountedVolumes({ rootfs: `local:101/x.raw${size}` })), null);
  });
}

Deno.test("Nobody can tell the size of a guest without a volume", () => {
  assertEquals(sumOfSizes([]), null);
});
