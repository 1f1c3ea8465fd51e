import { assertEquals, assertMatch } from "@std/assert";
import { type Action, ACTION_KINDS, type Intent, SETTING_NAMES } from "../../src/action/mod.ts";
import {
  decide,
  type Decision,
  type Facts,
  type Place,
  POLICY,
  REFUSALS,
} from "../../src/gate/mod.ts";
import {
  ACTION,
  BACKUP,
  config,
  DAY,
  facts,
  here,
  intentTo,
  made,
  MINUTE,
  NOW,
  OPEN,
  scratch,
  SNAPSHOT,
  stopped,
  taken,
} from "./scene.ts";

const FREE: Place = { kind: "free" };
const ELSEWHERE: Place = { kind: "elsewhere" };
const UNKNOWN: Place = { kind: "unknown" };
const GIB = 1024 ** 3;

/** A decision in a word: the ground, `pending_signature`, or the code of the refusal. */
function word(decision: Decision): string {
  switch (decision.outcome) {
    case "allowed":
      return decision.ground;
    case "pending_signature":
      return decision.outcome;
    case "refused":
      return decision.code;
  }
}

interface Case {
  readonly name: string;
  readonly action: Action;
  readonly facts?: Partial<Facts>;
  readonly intent?: Partial<Intent>;
  /** Whether the signatures on it hold. @default false */
  readonly signed?: boolean;
  readonly expected: string;
}

function table(about: string, cases: readonly Case[]): void {
  for (const { name, action, facts: changes, intent, signed = false, expected } of cases) {
    Deno.test(`${about}: ${name}: ${expected}`, () => {
      const decision = decide(intentTo(action, intent), facts(changes), { signed });
      assertEquals(word(decision), expected);
    });
  }
}

const WITH_SNAPSHOT = { place: stopped({ snapshots: [SNAPSHOT] }) };

/** Each destructive kind, with facts under which a signature is all that is missing. */
const DESTRUCTIVE: readonly { readonly action: Action; readonly facts?: Partial<Facts> }[] = [
  { action: ACTION.destroy },
  { action: ACTION.rollback, facts: WITH_SNAPSHOT },
  { action: ACTION.deleteSnapshot, facts: WITH_SNAPSHOT },
  { action: ACTION.prune },
  { action: ACTION.restoreOver, facts: { newPlace: FREE } },
  {
    action: { ...ACTION.create, params: { ...ACTION.create.params, image: BACKUP } },
    facts: { place: FREE },
  },
  { action: ACTION.rotate, facts: { subject: null } },
];

table(
  "Unsigned",
  DESTRUCTIVE.map(({ action, facts }) => ({
    name: action.kind,
    action,
    ...(facts === undefined ? {} : { facts }),
    expected: "pending_signature",
  })),
);

table(
  "Signed",
  DESTRUCTIVE.map(({ action, facts }) => ({
    name: action.kind,
    action,
    ...(facts === undefined ? {} : { facts }),
    signed: true,
    expected: "signed",
  })),
);

Deno.test("Who asks makes no difference: every origin and source waits for a signature", () => {
  for (const origin of ["desired", "job", "selftest", "recovery"] as const) {
    for (const source of ["hub", "control socket", "agent"] as const) {
      for (const { action, facts: changes } of DESTRUCTIVE) {
        const intent = intentTo(action, { origin, source, transaction: OPEN });
        assertEquals(word(decide(intent, facts(changes))), "pending_signature", action.kind);
      }
    }
  }
});

table("Provenance decides, not the verb", [
  {
    name: "what the agent made in the open transaction",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made() },
    intent: { transaction: OPEN, origin: "recovery", source: "agent" },
    expected: "own_transaction",
  },
  {
    name: "scratch of its own",
    action: ACTION.destroy,
    facts: { place: stopped({ linkDown: true }), made: scratch() },
    expected: "own_scratch",
  },
  {
    name: "the self-test's rollback",
    action: ACTION.rollback,
    facts: {
      place: stopped({ snapshots: [SNAPSHOT], linkDown: true }),
      snapshotsMade: [taken()],
      made: scratch(),
    },
    intent: { transaction: OPEN, origin: "selftest", source: "agent" },
    expected: "own_snapshot",
  },
  {
    name: "the self-test's rollback, of a guest that somebody named",
    action: ACTION.rollback,
    facts: { ...WITH_SNAPSHOT, snapshotsMade: [taken()] },
    intent: { transaction: OPEN, origin: "selftest", source: "agent" },
    expected: "pending_signature",
  },
  {
    name: "a hub that says it is scratch: there is no word for it in an intent",
    action: ACTION.destroy,
    intent: { evidence: { why: "tag felhom-scratch", digest: null, observedAt: NOW } },
    expected: "pending_signature",
  },
]);

table(
  "The managed set",
  [
    { name: "its first VMID", action: { ...ACTION.start, guest: 100 }, facts: { subject: 100 } },
    { name: "its last VMID", action: { ...ACTION.start, guest: 199 }, facts: { subject: 199 } },
  ].map((it) => ({ ...it, expected: "loses_nothing" })),
);

Deno.test("The managed set: no action is done to a VMID outside, whoever signs", () => {
  for (const action of Object.values(ACTION)) {
    if (action.guest === null) continue;
    for (const managed of [{ first: 102, last: 199 }, { first: 50, last: 100 }]) {
      for (const signed of [false, true]) {
        const decision = decide(intentTo(action), facts({ managed }), { signed });
        assertEquals(word(decision), "not_managed", action.kind);
      }
    }
  }
});

table("The managed set", [
  {
    name: "the fresh VMID of a restore counts as well",
    action: {
      ...ACTION.restoreOver,
      params: { ...ACTION.restoreOver.params, new_vmid: 200 },
    },
    facts: { newPlace: FREE },
    signed: true,
    expected: "not_managed",
  },
]);

table("What stands there", [
  { name: "start nobody", action: ACTION.start, facts: { place: FREE }, expected: "no_such_guest" },
  {
    name: "stop a guest of another node",
    action: ACTION.stop,
    facts: { place: ELSEWHERE },
    expected: "guest_elsewhere",
  },
  {
    name: "stop what nobody can see",
    action: ACTION.stop,
    facts: { place: UNKNOWN },
    expected: "guest_unreadable",
  },
  {
    name: "stop a guest whose configuration cannot be read",
    action: ACTION.stop,
    facts: { place: here({ config: null }) },
    expected: "interrupts_only",
  },
  {
    name: "set something of a guest whose configuration cannot be read",
    action: ACTION.settings,
    facts: { place: here({ config: null }) },
    expected: "guest_unreadable",
  },
  {
    name: "destroy a guest whose configuration cannot be read, signed",
    action: ACTION.destroy,
    facts: { place: here({ config: null }) },
    signed: true,
    expected: "guest_unreadable",
  },
  {
    name: "destroy a guest that shows no volumes, signed",
    action: ACTION.destroy,
    facts: { place: stopped({ identity: { volumes: [], macs: [] } }) },
    signed: true,
    expected: "identity_unknown",
  },
  {
    name: "destroy nobody, signed",
    action: ACTION.destroy,
    facts: { place: FREE },
    signed: true,
    expected: "no_such_guest",
  },
  {
    name: "create from a pinned image that cannot be looked at",
    action: ACTION.create,
    facts: { place: FREE, goldenImages: null },
    expected: "image_unreadable",
  },
  { name: "create over a guest", action: ACTION.create, expected: "vmid_taken" },
  {
    name: "create over a guest, signed",
    action: ACTION.create,
    signed: true,
    expected: "vmid_taken",
  },
  {
    name: "create over a virtual machine",
    action: ACTION.create,
    facts: { place: ELSEWHERE },
    expected: "vmid_taken",
  },
  {
    name: "create where nobody can see",
    action: ACTION.create,
    facts: { place: UNKNOWN },
    expected: "guest_unreadable",
  },
  { name: "a golden container over a guest", action: ACTION.golden, expected: "vmid_taken" },
  {
    name: "restore to a fresh VMID that is taken, signed",
    action: ACTION.restoreOver,
    facts: { newPlace: here() },
    signed: true,
    expected: "vmid_taken",
  },
  {
    name: "facts about another guest",
    action: ACTION.start,
    facts: { subject: 102 },
    expected: "facts_mismatch",
  },
  {
    name: "facts about a guest for an action about the host",
    action: ACTION.mount,
    expected: "facts_mismatch",
  },
  {
    name: "roll back to no snapshot, signed",
    action: ACTION.rollback,
    signed: true,
    expected: "snapshot_missing",
  },
  {
    name: "roll back to a snapshot of the same name from another time, signed",
    action: ACTION.rollback,
    facts: { place: stopped({ snapshots: [{ ...SNAPSHOT, takenAt: SNAPSHOT.takenAt + 1 }] }) },
    signed: true,
    expected: "snapshot_replaced",
  },
  {
    name: "delete a snapshot of the same name from another time, signed",
    action: ACTION.deleteSnapshot,
    facts: { place: stopped({ snapshots: [{ ...SNAPSHOT, takenAt: 1 }] }) },
    signed: true,
    expected: "snapshot_replaced",
  },
]);

/** Everything a container can be configured by (FACTS §3.1, §3.3; api-9.2.3.json). */
const OFF_THE_LIST = [
  ...["arch", "cmode", "console", "debug", "delete", "dev0", "dev255", "digest", "entrypoint"],
  ...["env", "features", "hookscript", "hostname", "lock", "lxc", "mp0", "mp255", "nameserver"],
  ...["net0", "net31", "ostype", "protection", "revert", "rootfs", "searchdomain", "template"],
  ...["timezone", "tty", "unprivileged", "unused0", "unused255", "vmid", "node", "skiplock"],
  ...[
    "Memory",
    " cores",
    "cores ",
    "__proto__",
    "constructor",
    "toString",
    "",
    "lxc.apparmor.profile",
  ],
];

for (const name of OFF_THE_LIST) {
  Deno.test(`A hub may not set ${JSON.stringify(name)}, nor unset it, signed or not`, () => {
    const set = { cores: 2, ...Object.fromEntries([[name, "x"]]) };
    for (const params of [{ set, unset: [] }, { set: {}, unset: [name] }]) {
      for (const signed of [false, true]) {
        // What comes from outside keeps to no type; JSON.parse makes it an action all the same.
        const intent: Intent = { ...intentTo(ACTION.settings), ...asAction(params) };
        assertEquals(word(decide(intent, facts(), { signed })), "setting_not_listed");
      }
    }
  });
}

/** An intent's action as it would come by JSON from a hub that keeps to nothing. */
function asAction(params: unknown): { action: Action } {
  return JSON.parse(JSON.stringify({ action: { kind: "guest.settings", guest: 101, params } }));
}

const SETTABLE: Readonly<Record<string, unknown>> = {
  cores: 4,
  cpulimit: 1.5,
  cpuunits: 200,
  memory: 4096,
  swap: 1024,
  onboot: true,
  startup: "order=1,up=30,down=60",
  description: "a\nb",
  tags: ["web"],
};

for (const name of SETTING_NAMES) {
  Deno.test(`A hub may set ${name}`, () => {
    const set = { [name]: SETTABLE[name] };
    const intent = { ...intentTo(ACTION.settings), ...asAction({ set, unset: [] }) };
    assertEquals(word(decide(intent, facts())), "closed_list");
  });
}

Deno.test("The closed list is the design's, and nothing besides", () => {
  assertEquals([...SETTING_NAMES].sort(), Object.keys(SETTABLE).sort());
});

/** A guest of 2048 MiB and 512 MiB of swap that uses so much of them. */
function using(
  memory: number,
  swap: number,
  configured: Partial<Parameters<typeof config>[0]> = {},
) {
  return { place: here({ usage: { memory, swap }, config: config(configured) }) };
}

function set(values: Record<string, number>): Action {
  return { kind: "guest.settings", guest: 101, params: { set: values, unset: [] } };
}

table("Memory is never taken from what is in use", [
  { name: "900 for 800 used", action: set({ memory: 900 }), expected: "closed_list" },
  { name: "899 for 800 used", action: set({ memory: 899 }), expected: "memory_in_use" },
  { name: "800 for 800 used", action: set({ memory: 800 }), expected: "memory_in_use" },
  { name: "16 for 800 used", action: set({ memory: 16 }), expected: "memory_in_use" },
  {
    name: "164 for 100 used: the margin is 64 at least",
    action: set({ memory: 164 }),
    facts: { ...using(100, 0), peak: { mib: 100, watchedMs: DAY } },
    expected: "closed_list",
  },
  {
    name: "163 for 100 used",
    action: set({ memory: 163 }),
    facts: using(100, 0),
    expected: "memory_in_use",
  },
  {
    name: "more than it has, though less than use and margin: any more helps",
    action: set({ memory: 2049 }),
    facts: using(2040, 0),
    expected: "closed_list",
  },
  {
    name: "what it has already, though that is less than use and margin",
    action: set({ memory: 2048 }),
    facts: using(2040, 0),
    expected: "closed_list",
  },
  {
    name: "less than it has when nobody knows what it uses",
    action: set({ memory: 2047 }),
    facts: { place: here({ usage: null }) },
    expected: "usage_unknown",
  },
  {
    name: "more than it has when nobody knows what it uses",
    action: set({ memory: 2049 }),
    facts: { place: here({ usage: null }) },
    expected: "closed_list",
  },
  {
    name: "16 when it is stopped, and used more lately",
    action: set({ memory: 16 }),
    facts: { place: stopped() },
    expected: "memory_in_use",
  },
  {
    name: "no swap when none is used",
    action: set({ swap: 0 }),
    facts: using(800, 0),
    expected: "closed_list",
  },
  {
    name: "no swap when some is used",
    action: set({ swap: 0 }),
    facts: using(800, 1),
    expected: "memory_in_use",
  },
  {
    name: "swap unset, which leaves 512, when 600 are used of 1024",
    action: { kind: "guest.settings", guest: 101, params: { set: {}, unset: ["swap"] } },
    facts: using(800, 600, { swap: 1024 }),
    expected: "memory_in_use",
  },
  {
    name: "a harmful memory beside a harmless setting",
    action: set({ cores: 2, memory: 16 }),
    expected: "memory_in_use",
  },
]);

/** `count` times, each a minute before the one before. */
function times(count: number, from = NOW): number[] {
  return Array.from({ length: count }, (_, index) => from - index * MINUTE);
}

function history(changes: Partial<Facts["history"]>): Partial<Facts> {
  return { history: { ...facts().history, ...changes } };
}

const { guestStops, guestRestarts, hostStops, hostRestarts } = POLICY;

table("Interruptions have a budget", [
  {
    name: "the last stop of it",
    action: ACTION.stop,
    facts: history({ guestStops: times(guestStops.most - 1) }),
    expected: "interrupts_only",
  },
  {
    name: "one stop more",
    action: ACTION.stop,
    facts: history({ guestStops: times(guestStops.most) }),
    expected: "stop_budget",
  },
  {
    name: "a shutdown is a stop",
    action: ACTION.shutdown,
    facts: history({ guestStops: times(guestStops.most) }),
    expected: "stop_budget",
  },
  {
    name: "a stop when the host's budget is spent",
    action: ACTION.stop,
    facts: history({ hostStops: new Array(hostStops.most).fill(NOW) }),
    expected: "stop_budget",
  },
  {
    name: "stops of an hour ago do not count",
    action: ACTION.stop,
    facts: history({ guestStops: times(guestStops.most, NOW - guestStops.within) }),
    expected: "interrupts_only",
  },
  {
    name: "stops that lie a little ahead do: the clock was set back",
    action: ACTION.stop,
    facts: history({ guestStops: times(guestStops.most, NOW + 50 * MINUTE) }),
    expected: "stop_budget",
  },
  {
    name: "stops that lie years ahead do not: the clock was wrong then",
    action: ACTION.stop,
    facts: history({ guestStops: times(guestStops.most, NOW + 10 * 365 * 24 * 60 * MINUTE) }),
    expected: "interrupts_only",
  },
  {
    name: "one restart more",
    action: ACTION.restart,
    facts: history({ guestRestarts: times(guestRestarts.most) }),
    expected: "restart_budget",
  },
  {
    name: "a restart when the host's budget is spent",
    action: ACTION.restart,
    facts: history({ hostRestarts: new Array(hostRestarts.most).fill(NOW) }),
    expected: "restart_budget",
  },
  {
    name: "a backup that stops the guest is a restart",
    action: { ...ACTION.backup, params: { ...ACTION.backup.params, mode: "stop" } },
    facts: history({ guestRestarts: times(guestRestarts.most) }),
    expected: "restart_budget",
  },
  {
    name: "but not of a stopped guest",
    action: { ...ACTION.backup, params: { ...ACTION.backup.params, mode: "stop" } },
    facts: { ...history({ guestRestarts: times(guestRestarts.most) }), place: stopped() },
    expected: "loses_nothing",
  },
  {
    name: "starting is always possible",
    action: ACTION.start,
    facts: history({ guestStops: times(99), guestRestarts: times(99) }),
    expected: "loses_nothing",
  },
]);

/** Storages on which so much is free, GiB of 500. */
function room(free: number, pool = 500, metadata: number | null = 4): Partial<Facts> {
  const storage = {
    available: free * GIB,
    total: 500 * GIB,
    pool: { available: pool * GIB, total: 500 * GIB },
    metadata: metadata === null ? null : { available: metadata * GIB, total: 5 * GIB },
  };
  return { storages: { "local": storage, "local-lvm": storage } };
}

/** Each kind that takes space, with facts under which nothing but space can be missing. */
const GROWING: readonly { readonly action: Action; readonly facts?: Partial<Facts> }[] = [
  { action: ACTION.create, facts: { place: FREE } },
  { action: ACTION.golden, facts: { place: FREE } },
  { action: ACTION.snapshot },
  { action: ACTION.backup },
  { action: ACTION.restoreOver, facts: { newPlace: FREE } },
];

for (const { action, facts: changes } of GROWING) {
  // 8 GiB are written, and a tenth of 500 GiB stays free.
  for (
    const [name, space, expected] of [
      ["58 GiB free is enough", room(58), "allowed"],
      ["a byte less is not", room(58 - 1 / GIB), "space_reserve"],
      ["58 GiB in the pool is enough", room(500, 58), "allowed"],
      ["a byte less in the pool is not", room(500, 58 - 1 / GIB), "space_reserve"],
      ["a pool whose metadata is four fifths full is not full", room(500, 500, 1), "allowed"],
      ["a byte more of metadata is too much", room(500, 500, 1 - 1 / GIB), "space_reserve"],
      ["metadata nobody can see is no reason", room(500, 500, null), "allowed"],
      ["a storage nobody knows", { storages: {} }, "space_unknown"],
      ["an inactive storage, which shows zeros", {
        storages: {
          "local": { available: 0, total: 0, pool: null, metadata: null },
          "local-lvm": { available: 0, total: 0, pool: null, metadata: null },
        },
      }, "space_unknown"],
      ["a size nobody can tell", { expectedBytes: null }, "space_unknown"],
      ["a size that is none", { expectedBytes: Number.NaN }, "space_unknown"],
      ["a size below nothing", { expectedBytes: -1 }, "space_unknown"],
    ] as const
  ) {
    Deno.test(`${action.kind} keeps a reserve: ${name}: ${expected}`, () => {
      const decision = decide(intentTo(action), facts({ ...changes, ...space }), { signed: true });
      assertEquals(decision.outcome === "allowed" ? "allowed" : word(decision), expected);
    });
  }
}

Deno.test("A reserve is five GiB where a tenth would be less", () => {
  const small = { available: 7 * GIB, total: 8 * GIB, pool: null, metadata: null };
  const at = (expectedBytes: number) =>
    word(decide(
      intentTo(ACTION.backup),
      facts({ storages: { local: small }, expectedBytes }),
    ));
  assertEquals(at(2 * GIB), "loses_nothing");
  assertEquals(at(2 * GIB + 1), "space_reserve");
});

/** So many snapshots, and as many of them the agent's. */
function snapshots(count: number, own = count): Partial<Facts> {
  const list = Array.from({ length: count }, (_, i) => ({ name: `s${i}`, takenAt: i + 1 }));
  return {
    place: stopped({ snapshots: list }),
    snapshotsMade: list.slice(0, own).map((snapshot) => taken(snapshot)),
  };
}

table("Caps per guest", [
  {
    name: "the last snapshot",
    action: ACTION.snapshot,
    facts: snapshots(POLICY.snapshots - 1),
    expected: "loses_nothing",
  },
  {
    name: "one snapshot more",
    action: ACTION.snapshot,
    facts: snapshots(POLICY.snapshots),
    expected: "snapshot_cap",
  },
  {
    name: "a snapshot where others took as many",
    action: ACTION.snapshot,
    facts: snapshots(POLICY.snapshots + 1, POLICY.snapshots - 1),
    expected: "loses_nothing",
  },
  {
    name: "a snapshot where those that the agent took are gone",
    action: ACTION.snapshot,
    facts: { ...snapshots(POLICY.snapshots), place: stopped() },
    expected: "loses_nothing",
  },
  {
    name: "the last backup",
    action: ACTION.backup,
    facts: { backups: POLICY.backups - 1 },
    expected: "loses_nothing",
  },
  {
    name: "one backup more",
    action: ACTION.backup,
    facts: { backups: POLICY.backups },
    expected: "backup_cap",
  },
  {
    name: "a backup when nobody knows how many there are",
    action: ACTION.backup,
    facts: { backups: null },
    expected: "space_unknown",
  },
]);

Deno.test("What waits for a signature says which operation, its class, and what would be lost", () => {
  assertEquals(decide(intentTo(ACTION.destroy), facts()), {
    outcome: "pending_signature",
    operation: "guest.destroy",
    class: "data_loss",
    why: "It would lose: the guest's volumes and snapshots; its backups stay",
  });
});

Deno.test("A decision is the same for the same intent and facts, and changes neither", () => {
  for (const action of Object.values(ACTION)) {
    const intent = Object.freeze(intentTo(action));
    const given = Object.freeze(facts({ subject: action.guest }));
    const [before, once] = [structuredClone({ intent, given }), decide(intent, given)];
    assertEquals(decide(intent, given), once);
    assertEquals({ intent, given }, before);
  }
});

Deno.test("What passes by itself may be asked again, and nothing else", () => {
  const passing = Object.entries(REFUSALS).filter(([, { retry }]) => retry === "safe");
  assertEquals(passing.map(([code]) => code), [
    ...["guest_unreadable", "image_unreadable", "signed_work_first"],
    ...["memory_in_use", "usage_unknown", "startup_delays", "startup_unknown"],
    ...["memory_overcommitted", "memory_unknown", "interfaces_unknown"],
    ...["mac_in_use", "disk_in_use", "disk_use_unknown"],
    ...["stop_budget", "restart_budget", "start_budget", "settings_budget", "asked_budget"],
    ...["hourly_cap", "space_overcommit", "space_reserve", "space_unknown", "audit_unwritable"],
  ]);
  for (const { summary } of Object.values(REFUSALS)) assertMatch(summary, /^[A-Z].+\.$/);
});

Deno.test("Every kind of action is decided somewhere here", () => {
  const kinds = new Set<string>(Object.values(ACTION).map(({ kind }) => kind));
  assertEquals(ACTION_KINDS.filter((kind) => !kinds.has(kind)), []);
});
