import { assert, assertEquals } from "@std/assert";
import type { Told } from "../../../src/reconcile/plan/guest_plan.ts";
import {
  afterFailure,
  afterLook,
  afterSuccess,
  type GuestRecord,
  newRecord,
  QUARANTINE_AFTER,
} from "../../../src/reconcile/queue/guest_record.ts";
import { type Situation, why } from "../../../src/reconcile/queue/why.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const at = { wall: NOW - 20_000, monotonic: 0 };

const fresh = newRecord({ provider: "local", revision: "r7" });
const done = afterSuccess(fresh, { step: "set memory 512 MiB -> 1024 MiB", at });
const converged = afterLook(done, { steps: 0, told: [] });

function failed(times: number, problem = "CT 101 has no disk."): GuestRecord {
  let record = fresh;
  for (let i = 0; i < times; i++) {
    record = afterFailure(record, { step: "start", problem, blame: "revision", at, random: 0.5 });
  }
  return record;
}

function told(code: Told["code"], message: string): GuestRecord {
  return afterLook(fresh, { steps: 0, told: [{ code, message }] });
}

/** All is well, and nothing is known of the guest but that it is desired. */
const PLAIN: Situation = {
  vmid: 101,
  now: NOW,
  phase: "running",
  doubt: null,
  shortage: null,
  passProblem: null,
  nextPassInMs: 12_000,
  managed: true,
  desired: true,
  record: fresh,
  nextTryInMs: null,
  holder: null,
  obstacle: null,
  waiting: null,
  authorised: null,
  givenUp: null,
};

const destroy = { kind: "guest.destroy", operation: "op7", signed: true };
const backup = { kind: "guest.backup", operation: "op8", signed: false };
const unreachable = "No connection to the Proxmox endpoint could be made";
const behind = "The state is older than the host.";
const REVISION = `revision "r7" of local`;
const SUCCEEDED = "last step: set memory 512 MiB -> 1024 MiB, 20 s ago, succeeded";
const FAILED = "last step: start, 20 s ago, failed, CT 101 has no disk";

const CASES: readonly (readonly [string, Partial<Situation>, string])[] = [
  [
    "converged",
    { record: converged },
    `is as desired (${REVISION}; ${SUCCEEDED})`,
  ],
  [
    "converged without ever a step",
    { record: afterLook(fresh, { steps: 0, told: [] }) },
    `is as desired (${REVISION})`,
  ],
  [
    "converged, and something of somebody else's waits",
    { record: told("pending_elsewhere", "net0 waits until the next start") },
    `is as desired (${REVISION})`,
  ],
  [
    "not desired",
    { desired: false, record: undefined },
    "is left alone: no desired state names it",
  ],
  [
    "not managed, though it is desired",
    { managed: false },
    `is left alone: it is not among the managed VMIDs (${REVISION})`,
  ],
  [
    "being worked on",
    { record: done, holder: { doing: "guest.start", forMs: 4_000 } },
    `is worked on: guest.start, for 4 s (${REVISION}; ${SUCCEEDED})`,
  ],
  [
    "just taken",
    { holder: { doing: null, forMs: 0 } },
    `is being looked at, for 0 s (${REVISION})`,
  ],
  [
    "its last request was given up",
    {
      desired: false,
      record: undefined,
      givenUp: {
        ...{ kind: "guest.stop", operation: "op9", at: NOW - 120_000 },
        why: "It was asked for more than 30 minutes ago.",
      },
    },
    "is left alone: no desired state names it (last request: guest.stop (operation op9), given up " +
    "2 min ago, it was asked for more than 30 minutes ago)",
  ],
  [
    "its last request was given up, nobody wrote why",
    { givenUp: { kind: "guest.stop", operation: "op9", at: NOW - 1_000, why: null } },
    "waits for the next pass to look at it (" + REVISION + "; last request: guest.stop " +
    "(operation op9), given up 1 s ago)",
  ],
  [
    "being worked on, and marked meanwhile",
    {
      holder: { doing: "guest.stop", forMs: 4_000 },
      waiting: { forMs: 1_000, dueInMs: 0 },
    },
    `is worked on: guest.stop, for 4 s (${REVISION}; queued again for 1 s)`,
  ],
  [
    "being worked on while recovery of others goes on",
    { phase: "recovering", holder: { doing: "recovery", forMs: 1 } },
    `is worked on: recovery, for 1 s (${REVISION})`,
  ],
  [
    "in back-off",
    {
      record: failed(3),
      nextTryInMs: 6_500,
      waiting: { forMs: 1_500, dueInMs: 6_500 },
    },
    `waits for its next try (${REVISION}; ${FAILED}; next try in 7 s; queued for 2 s, due in 7 s)`,
  ],
  [
    "in a long back-off",
    { record: failed(4), nextTryInMs: 250_000 },
    `waits for its next try (${REVISION}; ${FAILED}; next try in 5 min)`,
  ],
  [
    "its back-off is over",
    { record: failed(3), waiting: { forMs: 9_000, dueInMs: 0 } },
    `waits for a worker (${REVISION}; ${FAILED}; queued for 9 s)`,
  ],
  [
    "in quarantine",
    { record: failed(QUARANTINE_AFTER) },
    `waits for a new revision: this one failed 5 times and is in quarantine (${REVISION}; ${FAILED})`,
  ],
  [
    "in quarantine, and the disk is full: room would not help it",
    { record: failed(QUARANTINE_AFTER), shortage: "disk" },
    `waits for a new revision: this one failed 5 times and is in quarantine (${REVISION}; ${FAILED})`,
  ],
  [
    "in quarantine, with signed work: that runs",
    { record: failed(QUARANTINE_AFTER), authorised: destroy, waiting: { forMs: 0, dueInMs: 0 } },
    `waits for a worker to do its signed guest.destroy (operation op7) (${REVISION}; ${FAILED}; queued for 0 s)`,
  ],
  [
    "needs a restart that the document does not allow",
    {
      record: told(
        "needs_restart",
        'memory waits until a restart, which is not allowed ("restart": "never")',
      ),
    },
    `waits for a restart by somebody else: memory waits until a restart, which is not allowed ("restart": "never") (${REVISION})`,
  ],
  [
    "locked by Proxmox",
    { record: told("locked", "It is locked (backup): 1 step waits until it is free") },
    `waits for a lock of Proxmox's: it is locked (backup): 1 step waits until it is free (${REVISION})`,
  ],
  [
    "not on this node",
    { record: told("not_there", "It is not on this node, and nothing says how to make it") },
    `waits to be made by somebody: it is not on this node, and nothing says how to make it (${REVISION})`,
  ],
  [
    "its configuration cannot be read",
    { record: told("unreadable", "Its configuration cannot be read: its settings are left alone") },
    `is looked after in part: its configuration cannot be read: its settings are left alone (${REVISION})`,
  ],
  [
    "something of somebody else's waits beside the restart",
    {
      record: afterLook(fresh, {
        steps: 0,
        told: [
          { code: "pending_elsewhere", message: "net0 waits until the next start" },
          { code: "needs_restart", message: "memory waits until a restart" },
        ],
      }),
    },
    `waits for a restart by somebody else: memory waits until a restart (${REVISION})`,
  ],
  [
    "a template",
    { record: told("template", "It is a template: it cannot run, and is left as it is") },
    `is left alone: it is a template: it cannot run, and is left as it is (${REVISION})`,
  ],
  [
    "the plan says that it is not managed",
    { record: told("not_managed", "It is not among the managed VMIDs, 200 to 299") },
    `is left alone: it is not among the managed VMIDs, 200 to 299 (${REVISION})`,
  ],
  [
    "signed work waits for its turn",
    { record: converged, authorised: destroy, waiting: { forMs: 2_000, dueInMs: 0 } },
    `waits for a worker to do its signed guest.destroy (operation op7) (${REVISION}; ${SUCCEEDED}; queued for 2 s)`,
  ],
  [
    "a job waits, and nobody has marked its guest",
    { desired: false, record: undefined, authorised: backup },
    "waits for the next pass to do its guest.backup (operation op8)",
  ],
  [
    "signed work waits because the state is in doubt",
    { desired: false, record: undefined, doubt: behind, authorised: destroy },
    `waits with its signed guest.destroy (operation op7) for "state ack": the state is in doubt, the state is older than the host`,
  ],
  [
    "a doubt does not hold up a job",
    {
      desired: false,
      record: undefined,
      doubt: behind,
      authorised: backup,
      waiting: { forMs: 0, dueInMs: 0 },
    },
    "waits for a worker to do its guest.backup (operation op8) (queued for 0 s)",
  ],
  [
    "a doubt does not hold up what is as desired",
    { record: converged, doubt: behind },
    `is as desired (${REVISION}; ${SUCCEEDED})`,
  ],
  [
    "authorised work on a full disk",
    { desired: false, record: undefined, shortage: "disk", authorised: destroy },
    "waits with its signed guest.destroy (operation op7) for room: the disk of the agent's state is full",
  ],
  [
    "drift on a full disk",
    { shortage: "disk" },
    `waits for room: the disk of the agent's state is full (${REVISION})`,
  ],
  [
    "authorised work in a database at its ceiling",
    { authorised: { ...destroy, signed: false }, shortage: "ceiling" },
    "waits with its guest.destroy (operation op7) for room: " +
    `the agent's state is as large as it may become (state.ceiling_mib) (${REVISION})`,
  ],
  [
    "signed work in a database at its ceiling: that runs",
    { authorised: destroy, shortage: "ceiling" },
    `waits for the next pass to do its signed guest.destroy (operation op7) (${REVISION})`,
  ],
  [
    "drift in a database at its ceiling",
    { shortage: "ceiling" },
    "waits for room: " +
    `the agent's state is as large as it may become (state.ceiling_mib) (${REVISION})`,
  ],
  [
    "drift while somebody reads the state for ever",
    { shortage: "log" },
    `waits for room: somebody reads the agent's state and does not end, so its log grows (${REVISION})`,
  ],
  [
    "recovery is under way",
    { phase: "recovering", authorised: destroy },
    `waits until recovery has tied up what a crash left behind (${REVISION})`,
  ],
  [
    "the agent is being stopped",
    { phase: "draining" },
    `waits for the next start: the agent is being stopped (${REVISION})`,
  ],
  [
    "Proxmox cannot be reached",
    { record: failed(1), nextTryInMs: 1_000, passProblem: unreachable },
    `waits for Proxmox, which is asked again in 12 s: the last pass failed, no connection to the Proxmox endpoint could be made (${REVISION}; ${FAILED}; next try in 1 s)`,
  ],
  [
    "Proxmox cannot be reached: nobody knows whether it is still as desired",
    { record: converged, passProblem: unreachable, nextPassInMs: null },
    `waits for Proxmox, which is asked again now: the last pass failed, no connection to the Proxmox endpoint could be made (${REVISION}; ${SUCCEEDED})`,
  ],
  [
    "not desired, whatever Proxmox does",
    { desired: false, record: undefined, passProblem: unreachable },
    "is left alone: no desired state names it",
  ],
  [
    "an operation that did not go through",
    {
      authorised: backup,
      obstacle: "The node makes another backup now.",
      waiting: { forMs: 0, dueInMs: 3_000 },
    },
    `waits with its guest.backup (operation op8): the node makes another backup now (${REVISION}; queued for 0 s, due in 3 s)`,
  ],
  [
    "something half made that cannot be made undone, whatever is desired",
    { desired: false, record: undefined, obstacle: "Guest 101 is locked (backup)" },
    "waits with what was begun: Guest 101 is locked (backup)",
  ],
  [
    "nobody can read what is desired",
    { desired: null, record: undefined, passProblem: "Cannot read the desired state" },
    "waits for a desired state that can be read, which is looked at again in 12 s: the last pass failed, cannot read the desired state",
  ],
  [
    "never seen",
    { record: undefined },
    "waits for the first pass: it was not looked at yet",
  ],
  [
    "not looked at since the revision came",
    {},
    `waits for the next pass to look at it (${REVISION})`,
  ],
  [
    "marked, and no worker is free",
    { waiting: { forMs: 500, dueInMs: 0 } },
    `waits for a worker (${REVISION}; queued for 1 s)`,
  ],
];

for (const [says, situation, expected] of CASES) {
  Deno.test(`why: ${says}`, () => {
    const sentence = why({ ...PLAIN, ...situation });
    assertEquals(sentence, `Guest 101 ${expected}.`);
  });
}

Deno.test("why is one sentence of one line, whatever texts it is made of", () => {
  const nasty = "It failed.\nThen it  failed again! \u202eevil\x1b[2J Ask root.";
  const sentence = why({
    ...PLAIN,
    record: {
      ...failed(1, nasty),
      of: { provider: "hub", revision: "r1\n\x1b[31m. Done." },
    },
    holder: { doing: "Stop. Now.", forMs: 1 },
  });
  assert(!/[\p{Cc}\p{Cf}]/u.test(sentence), sentence);
  assert(!/[.!?] +\p{Lu}/u.test(sentence), sentence);
  assert(/^Guest 101 .*[^.]\.$/.test(sentence), sentence);
});
