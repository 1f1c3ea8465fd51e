import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ACTION_KINDS, canonicalAction, ownerOfBackup, readAction } from "../../src/action/mod.ts";
import { ACTION, BACKUP } from "../gate/scene.ts";

/** What is read of a value: its kind, or the fault. */
function word(value: unknown): string {
  const read = readAction(value);
  return read.ok ? read.action.kind : read.fault;
}

for (const action of Object.values(ACTION)) {
  Deno.test(`${action.kind}: read as it is, and frozen to the last part`, () => {
    const read = readAction(action);
    assert(read.ok, read.ok ? "" : read.message);
    assertEquals(read.action, action);
    assert(Object.isFrozen(read.action) && Object.values(read.action.params).every(isFrozenDeep));
  });

  Deno.test(`${action.kind}: one key more, anywhere, and it is none`, () => {
    assertEquals(word({ ...action, force: true }), "malformed");
    assertEquals(word({ ...action, params: { ...action.params, force: true } }), "malformed");
    assertEquals(word(JSON.parse(withProto(action))), "malformed");
  });

  Deno.test(`${action.kind}: one parameter less, and it is none`, () => {
    for (const key of Object.keys(action.params)) {
      const params = Object.fromEntries(
        Object.entries(action.params).filter(([name]) => name !== key),
      );
      assertEquals(word({ ...action, params }), "malformed", key);
    }
    assertEquals(word({ kind: action.kind, guest: action.guest }), "malformed");
  });

  Deno.test(`${action.kind}: about a guest, or about none, as its kind says`, () => {
    const wrong = action.guest === null
      ? [101, undefined, "101"]
      : [null, undefined, "101", 99, 1_000_000_000, 101.5, Number.NaN, -101];
    for (const guest of wrong) assertEquals(word({ ...action, guest }), "malformed", `${guest}`);
  });
}

Deno.test("What was read is not read again; what only looks like it is", () => {
  const read = readAction(ACTION.settings);
  assert(read.ok);
  const again = readAction(read.action);
  assert(again.ok && again.action === read.action);
  const copy = readAction({ ...read.action });
  assert(copy.ok && copy.action !== read.action);
  const changed = { ...read.action, params: { set: { mp0: "x" }, unset: [] } };
  assertEquals(word(changed), "setting_not_listed");
  assertEquals(word(Object.create(read.action)), "unknown_kind");
});

Deno.test("Every kind has its example here", () => {
  const kinds = new Set<string>(Object.values(ACTION).map(({ kind }) => kind));
  assertEquals(ACTION_KINDS.filter((kind) => !kinds.has(kind)), []);
});

function isFrozenDeep(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozenDeep);
}

/** The action as JSON with a key `__proto__` among its parameters. */
function withProto(action: unknown): string {
  return JSON.stringify(action).replace('"params":{', '"params":{"__proto__":{"force":true},')
    .replace(",}", "}");
}

for (
  const value of [
    undefined,
    null,
    0,
    "",
    "guest.start",
    [],
    {},
    { kind: 1 },
    { kind: "" },
    {
      kind: "guest.start ",
    },
    { kind: "Guest.start" },
    { kind: "guest" },
    { kind: "hardware.smart" },
    {
      kind: "constructor",
    },
    { kind: "__proto__" },
  ]
) {
  Deno.test(`No action: ${JSON.stringify(value)}`, () => {
    assertEquals(word(value), "unknown_kind");
  });
}

Deno.test("No action: what JSON cannot say", () => {
  const circle: Record<string, unknown> = { kind: "guest.start" };
  circle["params"] = circle;
  const trap = {
    get kind(): string {
      throw new Error("looked at");
    },
  };
  for (const value of [circle, trap, 1n, () => ACTION.start, Symbol("x")]) {
    assertEquals(word(value), "unknown_kind");
  }
});

/** Parameters at their bounds: what is taken, and what is a step outside. */
const BOUNDS: readonly {
  readonly action: {
    readonly kind: string;
    readonly guest: number | null;
    readonly params: object;
  };
  readonly key: string;
  readonly taken: readonly unknown[];
  readonly refused: readonly unknown[];
}[] = [
  {
    action: ACTION.shutdown,
    key: "timeout",
    taken: [1, 7200],
    refused: [0, 7201, 1.5, "60", null],
  },
  { action: ACTION.shutdown, key: "then_kill", taken: [true, false], refused: [1, "true", null] },
  {
    action: ACTION.snapshot,
    key: "snapshot",
    taken: ["ab", `a${"b".repeat(39)}`, "A_b-1"],
    refused: ["a", `a${"b".repeat(40)}`, "1a", "a b", "a/b", "current", "CURRENT", "vzdump", "á1"],
  },
  {
    action: ACTION.rollback,
    key: "taken_at",
    taken: [1, 1_763_640_000],
    refused: [0, -1, 1.5, "1", null],
  },
  {
    action: ACTION.backup,
    key: "storage",
    taken: ["ab", "local-lvm", "a.b_c"],
    refused: ["a", "1a", "a-", "a/b", "a b", `a${"b".repeat(64)}`],
  },
  {
    action: ACTION.backup,
    key: "notes",
    taken: ["", "x".repeat(1024), "täglich"],
    refused: [
      "x".repeat(1025),
      "a\nb",
      "a\u202eb",
      "a\u0000",
      "\ud800",
      "a\u200bb",
      "\u3164",
      "\u034f",
      "\u2028",
      "\ue000",
      "\u0378",
    ],
  },
  {
    action: ACTION.backup,
    key: "mode",
    taken: ["suspend", "stop"],
    refused: ["", "Snapshot", null],
  },
  { action: ACTION.destroy, key: "purge", taken: [true, false], refused: [1, "1", null] },
  {
    action: ACTION.prune,
    key: "backups",
    taken: [[BACKUP]],
    refused: [
      [],
      [BACKUP, BACKUP],
      ["local:101/vm-101-disk-0.raw"],
      [`/etc/${BACKUP}`],
      BACKUP,
      [
        "local:backup/../vzdump-lxc-101-2026_11_19-01_00_00.tar.zst",
      ],
      ["local:backup/vzdump-lxc-102-2026_11_19-01_00_00.tar.zst"],
      [
        "local:backup/vzdump-qemu-101-2026_11_19-01_00_00.vma.zst",
      ],
    ],
  },
  {
    action: ACTION.restoreOver,
    key: "new_vmid",
    taken: [100, 999_999_999],
    refused: [99, 101, null],
  },
  {
    action: ACTION.restoreOver,
    key: "backup",
    taken: [BACKUP, "pbs:backup/ct/101/2026-11-19T01:00:00Z"],
    refused: ["pbs:backup/ct/102/2026-11-19T01:00:00Z", "local:iso/x.iso", ""],
  },
  {
    action: ACTION.create,
    key: "hostname",
    taken: ["a", "customer-a", "a".repeat(63)],
    refused: ["", "A", "-a", "a-", "a.b", "a_b", "a".repeat(64)],
  },
  {
    action: ACTION.create,
    key: "network",
    taken: [{
      bridge: "vmbr0",
      vlan: 7,
      ipv4: "10.0.0.2/24",
      gateway: "10.0.0.1",
      link_down: true,
    }],
    refused: [
      { bridge: "vmbr0", vlan: 0, ipv4: "dhcp", gateway: null, link_down: true },
      { bridge: "vmbr0", vlan: 4095, ipv4: "dhcp", gateway: null, link_down: true },
      { bridge: "vmbr0,hwaddr=x", vlan: null, ipv4: "dhcp", gateway: null, link_down: true },
      { bridge: "vmbr0", vlan: null, ipv4: "dhcp,hwaddr=x", gateway: null, link_down: true },
      { bridge: "vmbr0", vlan: null, ipv4: "10.0.0.2/33", gateway: null, link_down: true },
      { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: "10.0.0.1", link_down: true },
      { bridge: "vmbr0", vlan: null, ipv4: "300.0.0.2/24", gateway: null, link_down: true },
      { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: "10.0.0.1,x", link_down: true },
    ],
  },
  {
    action: ACTION.golden,
    key: "template",
    taken: ["local:vztmpl/debian-13.tar.zst", "a1:vztmpl/xy.tar.gz"],
    refused: [
      "local:vztmpl/../x.tar.zst",
      "local:vztmpl/x.tar",
      "/x.tar.zst",
      "local:iso/x.tar.zst",
    ],
  },
  {
    action: ACTION.golden,
    key: "rootfs",
    taken: [{ storage: "ab", gib: 1 }, { storage: `a${"b".repeat(31)}`, gib: 8192 }],
    refused: [
      { storage: "a.b", gib: 8 },
      { storage: `a${"b".repeat(32)}`, gib: 8 },
      { storage: "local-lvm", gib: 0 },
      { storage: "local-lvm", gib: 8193 },
      { storage: "local-lvm", gib: 8, size: 1 },
    ],
  },
  {
    action: ACTION.mount,
    key: "uuid",
    taken: ["00000000-0000-0000-0000-000000000000"],
    refused: ["", "3F1C2A90-5B7E-4D7C-9A41-0C2F7E6D8B15", "/dev/sda", "LABEL=x"],
  },
  { action: ACTION.rotate, key: "role", taken: ["recovery"], refused: ["", "root", null] },
  { action: ACTION.rotate, key: "sequence", taken: [1, 9], refused: [0, -1, 1.5, 2 ** 53] },
  {
    action: ACTION.rotate,
    key: "replaces",
    taken: [`sha256:${"a".repeat(64)}`],
    refused: ["", "a".repeat(64), `sha256:${"A".repeat(64)}`, `md5:${"a".repeat(64)}`],
  },
];

for (const { action, key, taken, refused } of BOUNDS) {
  Deno.test(`${action.kind}: the bounds of ${key}`, () => {
    const withValue = (value: unknown) => ({
      ...action,
      params: { ...action.params, [key]: value },
    });
    for (const value of taken) {
      assertEquals(word(withValue(value)), action.kind, JSON.stringify(value));
    }
    for (const value of refused) {
      assertEquals(word(withValue(value)), "malformed", JSON.stringify(value));
    }
  });
}

const SETTING_BOUNDS: Readonly<Record<string, readonly [readonly unknown[], readonly unknown[]]>> =
  {
    cores: [[1, 8192], [0, 8193, 1.5, "2", null]],
    cpulimit: [[0, 0.5, 8192], [-0.1, 8192.1, "1"]],
    cpuunits: [[1, 10_000], [0, 10_001, 1.5]],
    memory: [[16, 8_388_608], [15, 8_388_609, 512.5, "512"]],
    swap: [[0, 8_388_608], [-1, 8_388_609, 0.5]],
    onboot: [[true, false], [0, 1, "1"]],
    startup: [
      ["order=1", "up=30", "down=60", "order=1,up=30,down=60", "order=0,down=5", "up=1,down=2"],
      [
        "",
        ",",
        "1",
        "order=",
        "order=01",
        "up=1,order=2",
        "order=1,order=2",
        "order=1,",
        "order=1,x=2",
      ],
    ],
    description: [["", "a\nb", "ü".repeat(8192)], ["x".repeat(8193), "a\rb", "a\u202eb", "\u0007"]],
    tags: [[[], ["a", "b"], ["a_b+c.d-e"]], [["a", "a"], ["A"], [""], ["a;b"], ["a b"], "a"]],
  };

for (const [name, [taken, refused]] of Object.entries(SETTING_BOUNDS)) {
  Deno.test(`guest.settings: the bounds of ${name}`, () => {
    const withValue = (value: unknown) => ({
      ...ACTION.settings,
      params: { set: { [name]: value }, unset: [] },
    });
    for (const value of taken) assertEquals(word(withValue(value)), "guest.settings", `${value}`);
    for (const value of refused) assertEquals(word(withValue(value)), "malformed", `${value}`);
  });
}

for (
  const [name, params] of [
    ["nothing at all", { set: {}, unset: [] }],
    ["the same setting set and unset", { set: { cores: 1 }, unset: ["cores"] }],
    ["a setting unset twice", { set: {}, unset: ["cores", "cores"] }],
    ["memory unset, which has no default", { set: {}, unset: ["memory"] }],
  ] as const
) {
  Deno.test(`guest.settings: no change of ${name}`, () => {
    assertEquals(word({ ...ACTION.settings, params }), "malformed");
  });
}

Deno.test("A fault says what was wrong, with what came from outside quoted and cut", () => {
  const read = readAction({ kind: `x\n${"y".repeat(200)}` });
  assert(!read.ok);
  assertStringIncludes(read.message, '"x\\ny');
  assert(read.message.length < 160 && !read.message.includes("\n"));
});

Deno.test("Two actions share their canonical text when they are the same, and only then", () => {
  const reversed = Object.fromEntries(Object.entries(ACTION.create.params).reverse());
  const reordered = { params: reversed, guest: 101, kind: "guest.create" };
  const read = readAction(reordered);
  assert(read.ok);
  assertEquals(canonicalAction(read.action), canonicalAction(ACTION.create));
  const texts = Object.values(ACTION).map(canonicalAction);
  assertEquals(new Set(texts).size, texts.length);
});

Deno.test("A backup's owner is read from its volume id, and from nothing else", () => {
  assertEquals(ownerOfBackup(BACKUP), 101);
  assertEquals(ownerOfBackup("pbs:backup/ct/101/2026-11-19T01:00:00Z"), 101);
  assertEquals(ownerOfBackup("local:backup/vzdump-lxc-101-x.tar.zst"), undefined);
  assertEquals(ownerOfBackup(`${BACKUP}\n`), undefined);
});
