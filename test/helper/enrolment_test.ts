import { assertEquals, assertThrows } from "@std/assert";
import { findEnrolled } from "../../privileged/fstab.ts";
import { FelhomError } from "../../src/errors.ts";
import { enrolment } from "../../src/helper/enrolment.ts";

const UUID = "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15";

for (const fstype of ["ext4", "xfs"]) {
  Deno.test(`the line for a disk with ${fstype} is one that the helper takes`, () => {
    const { fstab } = enrolment({ name: "backup-1", uuid: UUID, fstype });
    const [source = "", target = "", type = "", options = ""] = fstab.split(" ");
    assertEquals(findEnrolled([{ source, target, fstype: type, options }], UUID), {
      uuid: UUID,
      name: "backup-1",
      target: "/mnt/felhom/backup-1",
      fstype,
    });
  });
}

Deno.test("the commands make the folder, add the line and check it", () => {
  const { fstab, commands } = enrolment({ name: "backup", uuid: UUID });
  assertEquals(commands, [
    "install -d -o root -g root -m 0755 /mnt/felhom /mnt/felhom/backup",
    `echo '${fstab}' >> /etc/fstab`,
    "systemctl daemon-reload",
    "findmnt --verify",
  ]);
});

for (
  const [what, request] of [
    ["a name with a slash", { name: "a/b", uuid: UUID }],
    ["a name with a quote", { name: "a'b", uuid: UUID }],
    ["a name with a newline", { name: "a\nb", uuid: UUID }],
    ["an empty name", { name: "", uuid: UUID }],
    ["a UUID of FAT", { name: "a", uuid: "ABCD-1234" }],
    ["a UUID in capitals", { name: "a", uuid: UUID.toUpperCase() }],
    ["a device", { name: "a", uuid: "/dev/sdb1" }],
    ["a type that cannot hold rights", { name: "a", uuid: UUID, fstype: "vfat" }],
  ] as const
) {
  Deno.test(`no line is made for ${what}`, () => {
    assertEquals(assertThrows(() => enrolment(request), FelhomError).code, "usage.invalid");
  });
}
