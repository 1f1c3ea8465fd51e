import { assertEquals, assertThrows } from "@std/assert";
import { findEnrolled, type FstabRow } from "../../privileged/fstab.ts";
import { Refusal } from "../../privileged/helper_errors.ts";

const UUID = "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15";
const ENTRY: FstabRow = {
  source: `UUID=${UUID}`,
  target: "/mnt/felhom/backup",
  fstype: "ext4",
  options: "noauto,nofail,nosuid,nodev,noexec,nosymfollow",
};
const ROOT: FstabRow = {
  source: "/dev/pve/root",
  target: "/",
  fstype: "ext4",
  options: "errors=remount-ro",
};
const disk = { uuid: UUID, name: "backup", target: "/mnt/felhom/backup", fstype: "ext4" };

Deno.test("an entry with everything is the disk", () => {
  assertEquals(findEnrolled([ROOT, ENTRY], UUID), disk);
});

Deno.test("harmless options may stand beside", () => {
  const options = `${ENTRY.options},rw,relatime,lazytime,discard,commit=30,errors=remount-ro`;
  assertEquals(findEnrolled([ROOT, { ...ENTRY, options }], UUID), disk);
});

const UNUSABLE: readonly (readonly [string, readonly FstabRow[], string])[] = [
  ["no entry", [ROOT], "it is not there"],
  ["an entry by device", [{ ...ENTRY, source: "/dev/sdb1" }], "it is not there"],
  ["an entry by PARTUUID", [{ ...ENTRY, source: `PARTUUID=${UUID}` }], "it is not there"],
  ["two entries for it", [ENTRY, { ...ENTRY, target: "/mnt/felhom/b" }], "more than once"],
  ["two entries for its target", [ENTRY, { ...ROOT, target: ENTRY.target }], "another entry"],
  ...["/mnt/felhom/backup/", "//mnt/felhom//backup", "/mnt/felhom/backup//"].map((target) =>
    [`an entry for its target as ${target}`, [{ ...ROOT, target }, ENTRY], "another entry"] as const
  ),
  ...[
    "/mnt/backup",
    "/mnt/felhom",
    "/mnt/felhom/",
    "/mnt/felhom/a/b",
    "/mnt/felhom/../x",
    "/mnt/felhom/-a",
    "/mnt/felhom/A",
    "/mnt/felhom/a b",
    "/mnt/felhomx/a",
    "none",
  ].map((target) =>
    [`the target ${target}`, [{ ...ENTRY, target }], "is not /mnt/felhom/NAME"] as const
  ),
  ...["auto", "vfat", "btrfs", "nfs", "ext4,xfs", "fuse.sshfs"].map((fstype) =>
    [`the type ${fstype}`, [{ ...ENTRY, fstype }], "is none of ext4, xfs"] as const
  ),
  ...ENTRY.options.split(",").map((option) =>
    [
      `without ${option}`,
      [{
        ...ENTRY,
        options: ENTRY.options.split(",").filter((other) => other !== option).join(","),
      }],
      `it lacks the option ${option}`,
    ] as const
  ),
  ...[
    "suid",
    "dev",
    "exec",
    "symfollow",
    "user",
    "users",
    "owner",
    "group",
    "bind",
    "loop",
    "auto",
    "remount",
    "x-systemd.automount",
    "X-mount.mkdir",
    "helper=x",
    "offset=1",
    "uid=0",
    "commit=0",
    "context=system_u",
    "errors=panic",
    "move",
    "shared",
    "",
  ].map((option) =>
    [
      `with ${option}`,
      [{ ...ENTRY, options: `${ENTRY.options},${option}` }],
      `its option "${option}" is not allowed`,
    ] as const
  ),
];

for (const [what, rows, says] of UNUSABLE) {
  Deno.test(`not enrolled: ${what}`, () => {
    assertEquals(assertThrows(() => findEnrolled(rows, UUID), Refusal, says).code, "not_enrolled");
  });
}
