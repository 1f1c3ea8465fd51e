import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type HelperErrorCode, Refusal } from "../../privileged/helper_errors.ts";
import { mountDisk, unmountDisk } from "../../privileged/host_mounts.ts";
import type { Ran } from "../../privileged/programs.ts";
import { fakeHost } from "./fake_host.ts";

const UUID = "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15";
const TARGET = "/mnt/felhom/backup";
const OPTIONS = "noauto,nofail,nosuid,nodev,noexec,nosymfollow";
const FSTAB = [{ source: `UUID=${UUID}`, target: TARGET, fstype: "ext4", options: OPTIONS }];
const DEVICE = { "path": "/dev/sdb1", "maj:min": "  8:17 ", "uuid": UUID, "fstype": "ext4" };
const ROOT = { "target": "/", "maj:min": "8:1", "fstype": "ext4", "options": "rw" };
const HERE = { "target": TARGET, "maj:min": "8:17", "fstype": "ext4", "options": `rw,${OPTIONS}` };

/** A host on which the programs say this; the mount table is another one after mount or umount. */
function host(play: {
  readonly before?: readonly object[];
  readonly after?: readonly object[];
  readonly acting?: Partial<Ran>;
  readonly undoing?: Partial<Ran>;
  readonly reading?: Readonly<Record<string, Partial<Ran>>>;
  /** What findmnt does once something was mounted or unmounted. */
  readonly readingAfter?: Partial<Ran>;
}) {
  const {
    before = [ROOT],
    after = [ROOT, HERE],
    acting = {},
    undoing = {},
    reading = {},
    readingAfter,
  } = play;
  let acted = 0;
  return fakeHost(([program = "", ...args]) => {
    if (program === "/usr/bin/sudo") return acted++ === 0 ? acting : undoing;
    const said = reading[program];
    if (said !== undefined) return said;
    if (acted > 0 && readingAfter !== undefined) return readingAfter;
    switch (program) {
      case "/usr/bin/findmnt":
        return {
          stdout: JSON.stringify({
            filesystems: args.includes("--fstab") ? FSTAB : acted === 0 ? before : after,
          }),
        };
      case "/usr/bin/lsblk":
        return { stdout: JSON.stringify({ blockdevices: [DEVICE, DEVICE] }) };
      case "/usr/bin/stat":
        return {
          stdout: ["/", "/mnt", "/mnt/felhom", TARGET].map((path) => `directory|0|755|${path}\n`)
            .join(""),
        };
      default:
        return {};
    }
  });
}

const rootCommands = (started: readonly (readonly string[])[]) =>
  started.filter(([program]) => program === "/usr/bin/sudo").map((argv) => argv.slice(3).join(" "));

Deno.test("a disk is mounted by its name, and nothing else of it reaches the command line", async () => {
  const fake = host({});
  const result = await mountDisk({ uuid: UUID }, fake);
  assertEquals(result, { changed: true, uuid: UUID, name: "backup", target: TARGET });
  assertEquals(rootCommands(fake.started), [`/usr/bin/mount ${TARGET}`]);
});

Deno.test("a mount that took longer than its limit but is there is well", async () => {
  const fake = host({ acting: { code: null, timedOut: true } });
  assertEquals((await mountDisk({ uuid: UUID }, fake)).target, TARGET);
});

Deno.test("what was mounted wrongly is unmounted again, and told", async () => {
  const wrong: readonly (readonly [string, object])[] = [
    ["another device", { ...HERE, "maj:min": "8:33" }],
    ["other options", { ...HERE, options: "rw,nosuid" }],
  ];
  for (const [what, mount] of wrong) {
    const fake = host({ after: [ROOT, mount] });
    const refusal = await assertRejects(() => mountDisk({ uuid: UUID }, fake), Refusal);
    assertEquals([refusal.code, refusal.changed], ["unverified", "no"], what);
    assertEquals(rootCommands(fake.started), [
      `/usr/bin/mount ${TARGET}`,
      `/usr/bin/umount ${TARGET}`,
    ]);
    const stuck = host({ after: [ROOT, mount], undoing: { code: 32, stderr: "target is busy" } });
    const left = await assertRejects(() => mountDisk({ uuid: UUID }, stuck), Refusal);
    assertEquals([left.code, left.changed], ["unverified", "maybe"], what);
    assertStringIncludes(left.message, "target is busy");
  }
});

Deno.test("what somebody else mounted meanwhile, when mount itself failed, is left alone", async () => {
  const theirs: readonly (readonly [HelperErrorCode, object])[] = [
    ["target_busy", { ...HERE, "maj:min": "0:44", "fstype": "tmpfs" }],
    ["mounted_elsewhere", { ...HERE, target: "/mnt/rescue" }],
  ];
  for (const [code, mount] of theirs) {
    const failed = { code: 32, stderr: "mount: already mounted or mount point busy" };
    const fake = host({ after: [ROOT, mount], acting: failed });
    const refusal = await assertRejects(() => mountDisk({ uuid: UUID }, fake), Refusal);
    assertEquals([refusal.code, refusal.changed], [code, "no"]);
    assertStringIncludes(refusal.message, "mount point busy");
    assertEquals(rootCommands(fake.started), [`/usr/bin/mount ${TARGET}`]);
  }
});

const FAILS:
  readonly (readonly [string, Parameters<typeof host>[0], HelperErrorCode, "no" | "maybe"])[] = [
    [
      "mount does not end",
      { after: [ROOT], acting: { code: null, timedOut: true } },
      "time_limit",
      "maybe",
    ],
    [
      "mount fails",
      { after: [ROOT], acting: { code: 32, stderr: "bad superblock" } },
      "program_failed",
      "no",
    ],
    [
      "lsblk prints no JSON",
      { reading: { "/usr/bin/lsblk": { stdout: "x" } } },
      "program_garbage",
      "no",
    ],
    [
      "lsblk prints other JSON",
      { reading: { "/usr/bin/lsblk": { stdout: "[]" } } },
      "program_garbage",
      "no",
    ],
    [
      "findmnt says too much",
      { reading: { "/usr/bin/findmnt": { overflowed: true } } },
      "program_garbage",
      "no",
    ],
    [
      "findmnt does not end",
      { reading: { "/usr/bin/findmnt": { timedOut: true } } },
      "time_limit",
      "no",
    ],
    ["fstab is empty", { reading: { "/usr/bin/findmnt": { code: 1 } } }, "not_enrolled", "no"],
    [
      "the target cannot be listed",
      { reading: { "/usr/bin/ls": { code: 2 } } },
      "target_unfit",
      "no",
    ],
    [
      "the target cannot be looked at",
      { reading: { "/usr/bin/stat": { code: 1 } } },
      "target_unfit",
      "no",
    ],
  ];

for (const [what, play, code, changed] of FAILS) {
  Deno.test(`a mount ends as ${code} when ${what}`, async () => {
    const refusal = await assertRejects(() => mountDisk({ uuid: UUID }, host(play)), Refusal);
    assertEquals([refusal.code, refusal.changed], [code, changed]);
  });
}

Deno.test("an unmount that does not end is told, with what is there", async () => {
  const mounted = [ROOT, HERE];
  const fake = host({ before: mounted, after: mounted, acting: { code: null, timedOut: true } });
  const refusal = await assertRejects(() => unmountDisk({ uuid: UUID }, fake), Refusal);
  assertEquals([refusal.code, refusal.changed], ["time_limit", "maybe"]);
});

Deno.test("when nobody can look afterwards, it is said that something may have changed", async () => {
  const blind = { readingAfter: { timedOut: true } };
  const unmounting = host({ before: [ROOT, HERE], ...blind });
  const refusal = await assertRejects(() => unmountDisk({ uuid: UUID }, unmounting), Refusal);
  assertEquals([refusal.code, refusal.changed], ["unverified", "maybe"]);
  // A mount that cannot be verified is taken back, and that it was is known.
  const mounting = host({ ...blind });
  const taken = await assertRejects(() => mountDisk({ uuid: UUID }, mounting), Refusal);
  assertEquals([taken.code, taken.changed], ["unverified", "no"]);
});

Deno.test("what is mounted twice on the target is not unmounted", async () => {
  const fake = host({ before: [ROOT, HERE, HERE] });
  const refusal = await assertRejects(() => unmountDisk({ uuid: UUID }, fake), Refusal);
  assertEquals([refusal.code, rootCommands(fake.started)], ["target_busy", []]);
});
