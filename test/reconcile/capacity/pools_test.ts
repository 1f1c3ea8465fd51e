import { assertEquals } from "@std/assert";
import type { StorageConfig, StorageStatus } from "../../../src/proxmox/mod.ts";
import { isSameVolume, poolsOf } from "../../../src/reconcile/capacity/pools.ts";

const GIB = 1024 ** 3;

function status(total: number, avail: number, type = "dir"): StorageStatus {
  return { type, total: total * GIB, used: (total - avail) * GIB, avail: avail * GIB };
}

const zfs = (storage: string, pool: string) => ({ storage, type: "zfspool", pool });
const thin = (storage: string, vgname: string, thinpool: string) => ({
  ...{ storage, type: "lvmthin", vgname, thinpool },
});

const CASES:
  readonly (readonly [string, StorageStatus, StorageStatus, StorageConfig[], boolean])[] = [
    ["datasets of one zpool", status(90, 80), status(85, 60), [
      zfs("a", "rpool/data"),
      zfs("b", "rpool/other"),
    ], true],
    ["twin zpools", status(90, 80), status(90, 80), [zfs("a", "rpool"), zfs("b", "tank")], false],
    ["one thin pool", status(90, 80), status(90, 70), [
      thin("a", "pve", "data"),
      thin("b", "pve", "data"),
    ], true],
    ["two thin pools of a group", status(90, 80), status(90, 80), [
      thin("a", "pve", "data"),
      thin("b", "pve", "more"),
    ], false],
    ["a folder beside a dataset of its zpool", status(90, 80), status(85, 80), [
      { storage: "a", type: "dir", path: "/var/lib/vz" },
      zfs("b", "rpool/data"),
    ], true],
    ["the same room, no configuration readable", status(90, 80), status(90, 80), [], true],
    ["others", status(90, 80), status(90, 79), [], false],
    ["inactive ones", status(0, 0), status(0, 0), [], false],
  ];

for (const [what, one, other, configs, expected] of CASES) {
  Deno.test(`Whether storages share their room: ${what}: ${expected}`, () => {
    const pools = poolsOf(new Map([["a", one], ["b", other]]), configs);
    assertEquals(pools("a", one), expected ? ["b"] : []);
    assertEquals(pools("b", other), expected ? ["a"] : []);
  });
}

Deno.test("A file system under two names is told from two datasets by its size", () => {
  assertEquals(isSameVolume(status(90, 80), status(90, 80)), true);
  assertEquals(isSameVolume(status(90, 80), status(85, 80)), false);
});
