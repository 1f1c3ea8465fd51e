import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createGolden, parseConfig } from "../../privileged/golden_create.ts";
import { type HelperErrorCode, Refusal } from "../../privileged/helper_errors.ts";
import { fakeHost } from "./fake_host.ts";
import type { HostAnswer } from "./host_answer.ts";

const PARAMS = {
  vmid: 1000,
  template: "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst",
  hostname: "golden",
  cores: 2,
  memory: 1024,
  rootfs: { storage: "local-lvm", gib: 8 },
};
const ABSENT = {
  code: 2,
  stderr: "Configuration file 'nodes/pve/lxc/1000.conf' does not exist\n",
};
const CREATED = [
  "arch: amd64",
  "cores: 2",
  "features: keyctl=1,nesting=1",
  "hostname: golden",
  "memory: 1024",
  "rootfs: local-lvm:vm-1000-disk-0,size=8G",
  "unprivileged: 1",
  "lxc.apparmor.profile: generated",
].join("\n") + "\n";

/** `pct config` beforehand, `pct create`, `pct config` afterwards. */
function pct(...ends: readonly ReturnType<HostAnswer>[]): HostAnswer {
  return (_, count) => ends[count - 1] ?? {};
}

Deno.test("a golden container is made unprivileged, with nesting and keyctl, and shown as made", async () => {
  const host = fakeHost(pct(ABSENT, {}, { stdout: CREATED }));
  const { vmid, config } = await createGolden(PARAMS, host);
  assertEquals(vmid, 1000);
  assertEquals(config, {
    "arch": "amd64",
    "cores": "2",
    "features": "keyctl=1,nesting=1",
    "hostname": "golden",
    "memory": "1024",
    "rootfs": "local-lvm:vm-1000-disk-0,size=8G",
    "unprivileged": "1",
    "lxc.apparmor.profile": "generated",
  });
  const sudo = ["/usr/bin/sudo", "-n", "--", "/usr/sbin/pct"];
  assertEquals(host.started, [
    [...sudo, "config", "1000"],
    [
      ...[...sudo, "create", "1000", PARAMS.template, "--rootfs", "local-lvm:8"],
      ...["--hostname", "golden", "--cores", "2", "--memory", "1024", "--unprivileged", "1"],
      ...["--features", "nesting=1,keyctl=1", "--onboot", "0", "--start", "0"],
    ],
    [...sudo, "config", "1000"],
  ]);
});

interface Row {
  readonly what: string;
  readonly pct: HostAnswer;
  readonly code: HelperErrorCode;
  readonly changed: "no" | "maybe";
  readonly says: string;
}

const without = (line: string) => CREATED.replace(`${line}\n`, "");
const REFUSED: readonly Row[] = [
  {
    what: "the container is there already",
    pct: pct({ stdout: CREATED }),
    code: "exists",
    changed: "no",
    says: "Container 1000 exists already",
  },
  {
    what: "pct cannot say whether it is there",
    pct: pct({ code: 255, stderr: "ipcc_send_rec[1] failed: Connection refused\n" }),
    code: "program_failed",
    changed: "no",
    says: "Connection refused",
  },
  {
    what: "a VM somewhere in the cluster has the VMID",
    pct: pct(ABSENT, { code: 255, stderr: "VM 1000 already exists on node 'b'\n" }, ABSENT),
    code: "exists",
    changed: "no",
    says: "VM 1000 already exists on node 'b'",
  },
  {
    what: "pct fails and cleans up",
    pct: pct(ABSENT, { code: 255, stderr: "x\nunable to create CT 1000 - no space\n" }, ABSENT),
    code: "program_failed",
    changed: "no",
    says: "unable to create CT 1000 - no space",
  },
  {
    what: "pct fails and leaves something",
    pct: pct(ABSENT, { code: 255, stderr: "oops\n" }, { stdout: CREATED + "lock: create\n" }),
    code: "program_failed",
    changed: "maybe",
    says: 'exists now with lock "create"',
  },
  {
    what: "a signal ends pct",
    pct: pct(ABSENT, { code: null }, ABSENT),
    code: "program_failed",
    changed: "maybe",
    says: "a signal ended it",
  },
  {
    what: "sudo ends pct at its limit",
    pct: pct(ABSENT, { code: null, ms: 900_001 }, { stdout: CREATED + "lock: create\n" }),
    code: "time_limit",
    changed: "maybe",
    says: 'exists now with lock "create"',
  },
  {
    what: "pct does not end even so",
    pct: pct(ABSENT, { code: null, timedOut: true }, ABSENT),
    code: "time_limit",
    changed: "maybe",
    says: "does not exist now",
  },
  {
    what: "nobody can tell what became of it",
    pct: pct(ABSENT, {}, { code: 255, stderr: "no quorum\n" }),
    code: "unverified",
    changed: "maybe",
    says: "no quorum",
  },
  {
    what: "sudo has no rule",
    pct: pct({ code: 1, stderr: "sudo: a password is required\n" }),
    code: "not_permitted",
    changed: "no",
    says: "sudo: a password is required",
  },
  {
    what: "there is no pct",
    pct: pct({ code: 1, stderr: "sudo: /usr/sbin/pct: command not found\n" }),
    code: "program_missing",
    changed: "no",
    says: "/usr/sbin/pct is not installed",
  },
  ...([
    ["it does not exist", ABSENT, "it does not exist"],
    ["it is privileged", { stdout: without("unprivileged: 1") }, "not unprivileged"],
    ["keyctl is missing", { stdout: CREATED.replace("keyctl=1,", "") }, "keyctl=1"],
    ["nesting is missing", { stdout: CREATED.replace(",nesting=1", "") }, "nesting=1"],
    ["its name is another", { stdout: CREATED.replace("golden", "x") }, '"x"'],
    ["it is locked", { stdout: CREATED + "lock: create\n" }, '"create"'],
    ["its volume is elsewhere", { stdout: CREATED.replace("local-lvm:", "tank:") }, "tank:"],
    ["its memory differs", { stdout: CREATED.replace("1024", "512") }, "512 MiB"],
    ["its cores differ", { stdout: CREATED.replace("cores: 2", "cores: 4") }, "4 cores"],
  ] as const).map(([what, after, says]): Row => ({
    what: `pct reports success, but ${what}`,
    pct: pct(ABSENT, {}, after),
    code: "unverified",
    changed: "maybe",
    says,
  })),
];

for (const { what, pct, code, changed, says } of REFUSED) {
  Deno.test(`golden create ends as ${code}: ${what}`, async () => {
    const refusal = await assertRejects(() => createGolden(PARAMS, fakeHost(pct)), Refusal);
    assertEquals([refusal.code, refusal.changed], [code, changed]);
    assertStringIncludes(refusal.message, says);
  });
}

for (
  const [what, vmids] of [
    ["below the range of the unit", { first: 1001, last: 1999 }],
    ["above the range of the unit", { first: 100, last: 999 }],
    ["and the unit names no range", null],
  ] as const
) {
  Deno.test(`a VMID ${what} is refused before anything is started`, async () => {
    const host = fakeHost(() => ({}), { vmids });
    const refusal = await assertRejects(() => createGolden(PARAMS, host), Refusal);
    assertEquals([refusal.code, host.started], ["out_of_range", []]);
  });
}

Deno.test("what is no configuration is not taken for one", () => {
  for (const text of ["", "\n", "no colon", "<html>", "1: 2"]) {
    let code: string | undefined;
    try {
      parseConfig(text);
    } catch (error) {
      code = error instanceof Refusal ? error.code : undefined;
    }
    assertEquals(code, "program_garbage", text);
  }
});
