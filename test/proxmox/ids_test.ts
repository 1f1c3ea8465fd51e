import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { asVolid, isVmid, isVolid, parseVmid, parseVolid } from "../../src/proxmox/mod.ts";

Deno.test("a VMID is a whole number from 100 to 999999999, or its plain decimal text", () => {
  for (const value of [100, "100", 999_999_999, "999999999"]) {
    assertEquals(parseVmid(value), parseVmid(Number(value)));
  }
  for (
    const value of [99, 0, -101, 101.5, NaN, 1e9, "99", "0101", "1e3", " 101", "101 ", "", "0x65"]
  ) {
    const error = assertThrows(() => parseVmid(value), FelhomError);
    assertEquals(error.code, "vmid.invalid");
  }
  assertFalse(isVmid("101"));
});

const volids: readonly (readonly [string, ReturnType<typeof parseVolid>])[] = [
  ["local:backup/vzdump-lxc-101-2026_11_21-00_19_47.tar.zst", {
    storage: "local",
    name: "backup/vzdump-lxc-101-2026_11_21-00_19_47.tar.zst",
    backupOf: 101,
  }],
  ["pbs:backup/ct/102/2026-11-21T00:19:47Z", {
    storage: "pbs",
    name: "backup/ct/102/2026-11-21T00:19:47Z",
    backupOf: 102,
  }],
  ["local:backup/vzdump-qemu-101-2026_11_21-00_19_47.vma", {
    storage: "local",
    name: "backup/vzdump-qemu-101-2026_11_21-00_19_47.vma",
    backupOf: undefined,
  }],
  ["ctbtrfs:102/vm-102-disk-0.raw", {
    storage: "ctbtrfs",
    name: "102/vm-102-disk-0.raw",
    backupOf: undefined,
  }],
  ["local-lvm:vm-102-disk-0", {
    storage: "local-lvm",
    name: "vm-102-disk-0",
    backupOf: undefined,
  }],
];

for (const [text, parts] of volids) {
  Deno.test(`${text} is a volume id`, () => {
    assertEquals(parseVolid(text), parts);
  });
}

Deno.test("a path of the host, a bare size and a traversal are no volume ids", () => {
  for (
    const text of [
      "/dev/sda",
      "/srv",
      "8",
      "local:",
      ":x",
      "l:x",
      "local:a b",
      "local:a\nb",
      "",
      "local:backup/../../etc/shadow",
    ]
  ) {
    assertFalse(isVolid(text), text);
    const error = assertThrows(() => asVolid(text), FelhomError);
    assertEquals(error.code, "volid.invalid");
  }
});
