import { assertEquals } from "@std/assert";
import { type Action, ACTION_KINDS } from "../../src/action/mod.ts";
import { classify, type Facts } from "../../src/gate/mod.ts";
import {
  ACTION,
  BACKUP,
  config,
  facts,
  here,
  made,
  MINUTE,
  NOW,
  OPEN,
  PARTS,
  scratch,
  stopped,
  taken,
} from "./scene.ts";

interface Case {
  readonly name: string;
  readonly action: Action;
  readonly facts?: Partial<Facts>;
  /** @default null */
  readonly transaction?: string | null;
  /** The ground on which it is benign, or "destructive". */
  readonly expected: string;
}

const FREE = { kind: "free" } as const;
const SNAPSHOTS = [{ name: "before", takenAt: NOW / 1000 - 60 }];

const CASES: readonly Case[] = [
  { name: "Starting loses nothing", action: ACTION.start, expected: "loses_nothing" },
  { name: "Shutting down interrupts", action: ACTION.shutdown, expected: "interrupts_only" },
  { name: "Stopping interrupts", action: ACTION.stop, expected: "interrupts_only" },
  { name: "Restarting interrupts", action: ACTION.restart, expected: "interrupts_only" },
  { name: "A setting of the list is benign", action: ACTION.settings, expected: "closed_list" },
  { name: "A snapshot loses nothing", action: ACTION.snapshot, expected: "loses_nothing" },
  { name: "A backup loses nothing", action: ACTION.backup, expected: "loses_nothing" },
  { name: "Mounting loses nothing", action: ACTION.mount, expected: "loses_nothing" },
  {
    name: "Unmounting a disk that nobody is seen to use",
    action: ACTION.unmount,
    facts: { diskUsers: [] },
    expected: "destructive",
  },

  {
    name: "A guest from the pinned image on a free VMID is benign",
    action: ACTION.create,
    facts: { place: FREE },
    expected: "pinned_image",
  },
  {
    name: "From another image it is not",
    action: { ...ACTION.create, params: { ...ACTION.create.params, image: BACKUP } },
    facts: { place: FREE },
    expected: "destructive",
  },
  {
    name: "From an image that is not what was pinned any more it is not",
    action: ACTION.create,
    facts: { place: FREE, goldenImages: [] },
    expected: "destructive",
  },
  { name: "On a VMID that is taken it is not", action: ACTION.create, expected: "destructive" },
  {
    name: "The golden container on a free VMID is benign",
    action: ACTION.golden,
    facts: { place: FREE },
    expected: "loses_nothing",
  },
  {
    name: "The golden container on a taken VMID is not",
    action: ACTION.golden,
    expected: "destructive",
  },

  { name: "Destroying a customer's guest", action: ACTION.destroy, expected: "destructive" },
  {
    name: "Destroying what the agent made in this open transaction is benign",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made() },
    transaction: OPEN,
    expected: "own_transaction",
  },
  {
    name: "Not when a desired state names it: it is somebody's",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made(), desired: true },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not once the transaction is committed",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made(), openTransactions: [] },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not from another transaction",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made(), openTransactions: [OPEN, "01JDOTHER"] },
    transaction: "01JDOTHER",
    expected: "destructive",
  },
  {
    name: "Not from no transaction",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made() },
    expected: "destructive",
  },
  {
    name: "Not when it runs, for a transaction commits before the first start",
    action: ACTION.destroy,
    facts: { place: here(), made: made() },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not when the VMID was used again: the volumes are others",
    action: ACTION.destroy,
    facts: {
      place: stopped({ identity: { ...PARTS, volumes: ["local-lvm:vm-101-disk-7"] } }),
      made: made(),
    },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not when the VMID was used again: the MAC address is another",
    action: ACTION.destroy,
    facts: {
      place: stopped({ identity: { ...PARTS, macs: ["BC:24:11:00:00:02"] } }),
      made: made(),
    },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not when it was given another guest's volume",
    action: ACTION.destroy,
    facts: {
      place: stopped({
        identity: { ...PARTS, volumes: [...PARTS.volumes, "local-lvm:vm-102-disk-0"] },
      }),
      made: made(),
    },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not when the mark is another guest's",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made({ vmid: 102 }) },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not when the state is older than the host: the mark may be history",
    action: ACTION.destroy,
    facts: { place: stopped(), made: made(), journal: "older_than_host" },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Not when its configuration cannot be read",
    action: ACTION.destroy,
    facts: { place: here({ running: false, config: null }), made: made() },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "A guest that shows no volumes is nobody's",
    action: ACTION.destroy,
    facts: {
      place: stopped({ identity: { volumes: [], macs: [] } }),
      made: made({ volumes: [], macs: [] }),
    },
    transaction: OPEN,
    expected: "destructive",
  },

  {
    name: "Scratch of the agent's own within its day, cut off from the network",
    action: ACTION.destroy,
    facts: { place: stopped({ linkDown: true }), made: scratch() },
    expected: "own_scratch",
  },
  {
    name: "Running scratch as well: a drill starts it",
    action: ACTION.destroy,
    facts: { place: here({ config: config({ linkDown: true }) }), made: scratch() },
    expected: "own_scratch",
  },
  {
    name: "Not with its link up",
    action: ACTION.destroy,
    facts: { place: stopped(), made: scratch() },
    expected: "destructive",
  },
  {
    name: "Not after its day",
    action: ACTION.destroy,
    facts: { place: stopped({ linkDown: true }), made: scratch({ scratchUntil: NOW }) },
    expected: "destructive",
  },
  {
    name: "Not after a day, whatever the row says",
    action: ACTION.destroy,
    facts: {
      place: stopped({ linkDown: true }),
      made: scratch({ madeAt: NOW - 24 * 60 * MINUTE, scratchUntil: NOW + 600 * MINUTE }),
    },
    expected: "destructive",
  },
  {
    name: "Not when it was made in the future: the clock went back",
    action: ACTION.destroy,
    facts: { place: stopped({ linkDown: true }), made: scratch({ madeAt: NOW + 1 }) },
    expected: "destructive",
  },
  {
    name: "Not while it is in a desired state",
    action: ACTION.destroy,
    facts: { place: stopped({ linkDown: true }), made: scratch(), desired: true },
    expected: "destructive",
  },
  {
    name: "Not when it once was in a desired state, though it is not now",
    action: ACTION.destroy,
    facts: { place: stopped({ linkDown: true }), made: scratch({ scratchLostAt: NOW - MINUTE }) },
    expected: "destructive",
  },
  {
    name: "Not when the VMID was scratch, was destroyed and is used again",
    action: ACTION.destroy,
    facts: {
      place: stopped({ linkDown: true, identity: { ...PARTS, macs: ["BC:24:11:00:00:09"] } }),
      made: scratch(),
    },
    expected: "destructive",
  },
  {
    name: "Not because it calls itself so: a name and a tag are no provenance",
    action: ACTION.destroy,
    facts: { place: here({ name: "felhom-scratch", running: false }) },
    expected: "destructive",
  },

  {
    name: "A rollback to somebody's snapshot",
    action: ACTION.rollback,
    facts: { place: stopped({ snapshots: SNAPSHOTS }) },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "A rollback to the agent's own snapshot of this transaction, nothing changed since",
    action: ACTION.rollback,
    facts: {
      place: stopped({ snapshots: SNAPSHOTS, linkDown: true }),
      snapshotsMade: [taken()],
      made: scratch(),
    },
    transaction: OPEN,
    expected: "own_snapshot",
  },
  {
    name: "A rollback to the agent's own snapshot of a guest that somebody named",
    action: ACTION.rollback,
    facts: { place: stopped({ snapshots: SNAPSHOTS, linkDown: true }), snapshotsMade: [taken()] },
    transaction: OPEN,
    expected: "destructive",
  },
  ...[
    {
      why: "the guest runs",
      changes: { place: here({ config: config({ linkDown: true }) }), snapshotsMade: [taken()] },
    },
    {
      why: "the guest ran meanwhile",
      changes: { snapshotsMade: [taken({ stoppedThroughout: false })] },
    },
    {
      why: "the configuration changed",
      changes: {
        place: stopped({ digest: "f".repeat(40), linkDown: true }),
        snapshotsMade: [taken()],
      },
    },
    {
      why: "what the configuration was is not known",
      changes: { snapshotsMade: [taken({ digest: null })] },
    },
    {
      why: "a snapshot of the same name was taken at another time",
      changes: { snapshotsMade: [taken({ takenAt: taken().takenAt + 1 })] },
    },
    {
      why: "the snapshot is another transaction's",
      changes: { snapshotsMade: [taken({ transaction: "01JDOTHER" })] },
    },
    { why: "the snapshot is another guest's", changes: { snapshotsMade: [taken({ vmid: 102 })] } },
    {
      why: "the transaction has ended",
      changes: { snapshotsMade: [taken()], openTransactions: [] },
    },
    {
      why: "the state is older than the host",
      changes: { snapshotsMade: [taken()], journal: "older_than_host" as const },
    },
  ].map(({ why, changes }) => ({
    name: `A rollback to the agent's own snapshot is destructive when ${why}`,
    action: ACTION.rollback,
    facts: { place: stopped({ linkDown: true }), made: scratch(), ...changes },
    transaction: OPEN,
    expected: "destructive",
  })),

  { name: "Deleting a snapshot", action: ACTION.deleteSnapshot, expected: "destructive" },
  {
    name: "Deleting the agent's own snapshot of this transaction, nothing changed since",
    action: ACTION.deleteSnapshot,
    facts: { place: stopped(), snapshotsMade: [taken()] },
    transaction: OPEN,
    expected: "own_snapshot",
  },
  {
    name: "Deleting one of the same name from another time",
    action: ACTION.deleteSnapshot,
    facts: { snapshotsMade: [taken({ takenAt: 1 })] },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Deleting a backup, even of what the agent made in this transaction",
    action: ACTION.prune,
    facts: { place: stopped(), made: made() },
    transaction: OPEN,
    expected: "destructive",
  },
  {
    name: "Restoring over a guest, even over what the agent made in this transaction",
    action: ACTION.restoreOver,
    facts: { place: stopped(), made: made(), newPlace: FREE },
    transaction: OPEN,
    expected: "destructive",
  },
  { name: "Replacing signers", action: ACTION.rotate, expected: "destructive" },
];

for (const { name, action, facts: changes, transaction = null, expected } of CASES) {
  Deno.test(`Classified: ${name}: ${expected}`, () => {
    const verdict = classify(action, { transaction, facts: facts(changes) });
    assertEquals(verdict.risk === "benign" ? verdict.ground : verdict.risk, expected);
  });
}

Deno.test("Every kind of action is classified by at least one case", () => {
  const classified = new Set(CASES.map(({ action }) => action.kind));
  assertEquals(ACTION_KINDS.filter((kind) => !classified.has(kind)), []);
});

for (
  const [name, action] of [
    ["nothing", undefined],
    ["no object", "guest.start"],
    ["a verb nobody knows", { kind: "guest.format", guest: 101, params: {} }],
    ["a name every object has", { kind: "toString", guest: 101, params: {} }],
    ["a read", { kind: "helper.health", guest: null, params: {} }],
    ["a start with a parameter", { kind: "guest.start", guest: 101, params: { skiplock: 1 } }],
    ["a setting off the list", {
      kind: "guest.settings",
      guest: 101,
      params: { set: { mp0: "local-lvm:vm-102-disk-0,mp=/x" }, unset: [] },
    }],
  ] as const
) {
  Deno.test(`What the table does not know is destructive: ${name}`, () => {
    assertEquals(classify(action, { transaction: OPEN, facts: facts() }).risk, "destructive");
  });
}
