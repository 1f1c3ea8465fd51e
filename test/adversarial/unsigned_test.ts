/** What is wished for without a signature: destruction waits for one, and nothing talks it round. */
import { assert, assertEquals } from "@std/assert";
import { type Action, entryOf, SETTING_NAMES } from "../../src/action/mod.ts";
import { parseDocument } from "../../src/authz/mod.ts";
import { type Facts, Gate, type GuestMark } from "../../src/gate/mod.ts";
import { openPeople } from "../authz/support/people.ts";
import { MINUTE, NOW } from "../authz/support/scene.ts";
import {
  DESTROY,
  facts,
  guest,
  type HostOptions,
  onHost,
  PARTS,
  said,
  signed,
  wish,
} from "./support/host.ts";

const { anna } = await openPeople();
const HOST: HostOptions = { operational: anna.line() };

const BACKUP = "local:backup/vzdump-lxc-101-2026_11_19-01_00_00.tar.zst";
const SNAPSHOT = { snapshot: "before", taken_at: NOW / 1000 - 60 };
const SNAPSHOTS = [{ name: "before", takenAt: SNAPSHOT.taken_at }];
/** The journal's mark on guest 101 as scratch of the agent's own, made ten minutes ago. */
const SCRATCH: GuestMark = {
  ...PARTS,
  creation: "UPID:demo:00001234:00005678:66A0B0C0:vzrestore:101:felhom@pve!agent:",
  vmid: 101,
  transaction: "drill",
  digest: null,
  lastDigest: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  madeAt: NOW - 10 * MINUTE,
  ranAt: null,
  desiredAt: null,
  scratchUntil: NOW + 50 * MINUTE,
  scratchLostAt: null,
  scratchLostWhy: null,
};

interface Case {
  readonly name: string;
  readonly action?: unknown;
  readonly intent?: Parameters<typeof wish>[1];
  readonly facts?: Partial<Facts>;
  readonly code: string;
}

const WAITS = "pending_signature";
const DESTRUCTIVE: Readonly<Record<string, unknown>> = {
  "destroying a guest": DESTROY,
  "rolling a guest back": { kind: "guest.rollback", guest: 101, params: SNAPSHOT },
  "deleting a snapshot": { kind: "guest.delete_snapshot", guest: 101, params: SNAPSHOT },
  "deleting backups": { kind: "guest.prune", guest: 101, params: { backups: [BACKUP] } },
  "restoring over a guest": {
    kind: "guest.restore_over",
    guest: 101,
    params: { backup: BACKUP, storage: "local", new_vmid: 150 },
  },
};
const UNMOUNT = {
  kind: "disk.unmount",
  guest: null,
  params: { uuid: "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15" },
};
const ORIGINS = ["job", "desired", "selftest", "recovery"] as const;

const CASES: readonly Case[] = [
  ...Object.entries(DESTRUCTIVE).flatMap(([what, action]) =>
    ORIGINS.map((origin) => ({
      name: `${what}, wished for by ${origin}`,
      action,
      intent: { origin },
      facts: { place: guest({ snapshots: SNAPSHOTS }), newPlace: { kind: "free" } as const },
      code: WAITS,
    }))
  ),
  {
    name: "replacing signers",
    action: {
      kind: "signers.rotate",
      guest: null,
      params: {
        role: "operational",
        sequence: 2,
        replaces: `sha256:${"0".repeat(64)}`,
        signers: "mallory …",
      },
    },
    facts: { subject: null },
    code: WAITS,
  },
  ...ORIGINS.map((origin) => ({
    name: `unmounting a disk that nobody is seen to use, wished for by ${origin}`,
    action: UNMOUNT,
    intent: { origin },
    facts: { subject: null, diskUsers: [] },
    code: WAITS,
  })),
  {
    name: "unmounting a disk that a storage uses",
    action: UNMOUNT,
    facts: { subject: null, diskUsers: ["storage usb"] },
    code: "disk_in_use",
  },
  {
    name: "unmounting a disk of which nobody can tell who uses it",
    action: UNMOUNT,
    facts: { subject: null, diskUsers: null },
    code: "disk_use_unknown",
  },
  {
    name: "destroying what the hub calls scratch",
    intent: { evidence: { why: "tagged felhom-scratch", digest: null, observedAt: NOW } },
    facts: { place: guest({ name: "scratch" }) },
    code: WAITS,
  },
  {
    name: "destroying what stands where scratch was, destroyed and used again",
    facts: {
      made: SCRATCH,
      place: guest({ running: false, parts: { ...PARTS, macs: ["BC:24:11:00:00:99"] } }),
    },
    code: WAITS,
  },
  {
    name: "destroying scratch whose configuration somebody changed",
    facts: { made: { ...SCRATCH, lastDigest: "e".repeat(40) }, place: guest({ running: false }) },
    code: WAITS,
  },
  {
    name: "destroying scratch of which nobody knows how it was left",
    facts: { made: { ...SCRATCH, lastDigest: null }, place: guest({ running: false }) },
    code: WAITS,
  },
  {
    name: "destroying scratch that a desired state names",
    facts: { made: SCRATCH, desired: true, place: guest({ running: false }) },
    code: WAITS,
  },
  {
    name: "destroying scratch that a desired state named once",
    facts: {
      made: { ...SCRATCH, scratchLostAt: NOW - MINUTE },
      place: guest({ running: false }),
    },
    code: WAITS,
  },
  {
    name: "destroying scratch that somebody else's task worked on",
    facts: {
      made: SCRATCH,
      place: guest({ running: false }),
      since: {
        agoMs: 1,
        tasks: {
          kind: "complete",
          foreign: ["UPID:demo:00001235:00005679:66A0B0D0:vzstart:101:root@pam:"],
        },
      },
    },
    code: WAITS,
  },
  {
    name: "destroying scratch of which nobody can see what was done with it",
    facts: {
      made: SCRATCH,
      place: guest({ running: false }),
      since: { agoMs: 1, tasks: { kind: "unproven", why: "the list was rotated" } },
    },
    code: WAITS,
  },
  {
    name: "destroying scratch after its day",
    facts: { made: { ...SCRATCH, scratchUntil: NOW }, place: guest({ running: false }) },
    code: WAITS,
  },
  {
    name: "destroying scratch by a journal that is older than the host",
    facts: { made: SCRATCH, journal: "older_than_host", place: guest({ running: false }) },
    code: WAITS,
  },
  {
    name: "rolling back to a snapshot of the same name but another time",
    action: { kind: "guest.rollback", guest: 101, params: SNAPSHOT },
    facts: { place: guest({ snapshots: [{ name: "before", takenAt: NOW / 1000 }] }) },
    code: "snapshot_replaced",
  },
  {
    name: "starting a guest outside of the managed set",
    action: { kind: "guest.start", guest: 101, params: {} },
    facts: { managed: { first: 200, last: 299 } },
    code: "not_managed",
  },
  {
    name: "destroying a guest outside of the managed set",
    facts: { managed: { first: 200, last: 299 } },
    code: "not_managed",
  },
  {
    name: "an action that nobody knows",
    action: { kind: "guest.format", guest: 101, params: {} },
    code: "unknown_kind",
  },
  {
    name: "an action named as a property of objects",
    action: { kind: "constructor", guest: 101, params: {} },
    code: "unknown_kind",
  },
  {
    name: "a backup that prunes others",
    action: {
      kind: "guest.backup",
      guest: 101,
      params: {
        storage: "local",
        mode: "snapshot",
        compress: "zstd",
        notes: "",
        protected: false,
        remove: true,
      },
    },
    code: "malformed",
  },
  {
    name: "a backup with rules for pruning",
    action: {
      kind: "guest.backup",
      guest: 101,
      params: {
        storage: "local",
        mode: "snapshot",
        compress: "zstd",
        notes: "",
        protected: false,
        "prune-backups": "keep-last=1",
      },
    },
    code: "malformed",
  },
];

/** Everything Proxmox lets one set of a container, the closed list apart, and what deletes. */
const OFF_LIST = (
  "arch cmode console debug delete dev0 entrypoint env features force hookscript hostname lock lxc " +
  "mp0 mp255 nameserver net0 net31 ostype protection revert rootfs searchdomain skiplock template " +
  "timezone tty unprivileged unused0 __proto__"
).split(" ");

const SETTINGS: readonly Case[] = OFF_LIST.flatMap((name) => [
  {
    name: `setting ${name}`,
    action: JSON.parse(
      `{"kind": "guest.settings", "guest": 101, "params": {"set": {"${name}": "1"}, "unset": []}}`,
    ),
    code: "setting_not_listed",
  },
  {
    name: `unsetting ${name}`,
    action: { kind: "guest.settings", guest: 101, params: { set: {}, unset: [name] } },
    code: "setting_not_listed",
  },
]);

for (const { name, action, intent, facts: shown, code } of [...CASES, ...SETTINGS]) {
  Deno.test(`Unsigned, ${name} mints no permit: ${code}`, () =>
    onHost(HOST, (host) => {
      const answer = host.gate.ask(wish(action, intent), facts(shown));
      assertEquals(said(answer), code);
      assertEquals("permit" in answer, false);
      assertEquals(host.authorised(), 0);
      assertEquals(host.audit().length, 1);
    }));
}

Deno.test("The settings of the matrix and the closed list have nothing in common", () => {
  assertEquals(OFF_LIST.filter((name) => SETTING_NAMES.some((listed) => listed === name)), []);
});

Deno.test("Every action that loses data is in the matrix", () => {
  const kinds = Object.values(DESTRUCTIVE).map((action) => wish(action).action.kind);
  assert(kinds.every((kind) => entryOf(kind).class === "data_loss"));
  assertEquals(new Set(kinds).size, 5);
});

Deno.test("The scratch of these cases, untouched, is what the agent may destroy by itself", () =>
  onHost(HOST, (host) => {
    const shown = facts({ made: SCRATCH, place: guest({ running: false }) });
    const answer = host.gate.ask(wish(DESTROY, { origin: "job", source: "agent" }), shown);
    assertEquals(said(answer), "permitted");
  }));

Deno.test("What waits is kept with the document to sign; signed as it is, it runs, once", () =>
  onHost(HOST, async (host) => {
    assertEquals(said(host.gate.ask(wish(), facts())), WAITS);
    assertEquals(said(host.gate.ask(wish(), facts())), WAITS);
    const [pending, ...others] = host.state.pending.list(NOW);
    assert(pending !== undefined);
    assertEquals(others, []);
    const { action } = parseDocument(new TextEncoder().encode(pending.document));
    assertEquals<Action>(action, DESTROY);
    const submission = await signed(pending.document, [anna]);
    const answer = host.gate.authorise(wish(), submission, facts());
    assert(answer.outcome === "authorised");
    const permitted = host.gate.dispatch(answer.authorisation.operation, wish(), facts());
    assertEquals(said(permitted), "permitted");
    assertEquals(said(host.gate.authorise(wish(), submission, facts())), "authz.replayed");
  }));

Deno.test("A broken audit chain is reported, and opens nothing", () =>
  onHost(HOST, ({ ports, clock }) => {
    const alarms: string[] = [];
    const gate = new Gate({
      ...ports,
      audit: { append: () => "broken" },
      alarm: ({ kind }) => void alarms.push(kind),
    }, { clock });
    assertEquals(said(gate.ask(wish(), facts())), WAITS);
    assertEquals(alarms, ["audit_broken"]);
  }));
