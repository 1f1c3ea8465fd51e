import { assertEquals } from "@std/assert";
import type { ActionKind } from "../../src/action/mod.ts";
import type { OperationState, State } from "../../src/state/mod.ts";
import { operation } from "./operation.ts";
import { withState } from "./state_folder.ts";

const VMID = 901;
/** When a look began, and when what it saw is written. */
const SINCE = 1400;
const SEEN = 1500;

/** A journal that is written step by step. */
function journalOf({ guests, operations, snapshots }: State) {
  let count = 0;
  const did = (kind: ActionKind, states: readonly OperationState[] = [], {
    vmid = VMID,
    at = SINCE - 1,
  } = {}) => {
    const id = `o${++count}`;
    operations.authorise(operation(id, { vmid, action: { kind } }));
    for (const state of states) operations.advance(id, state, { at });
    return id;
  };
  const made = (by: string, vmid = VMID) =>
    guests.record({
      ...{ vmid, operation: by, transaction: "t", creation: null, volumes: [], macs: [] },
      ...{ at: 1000, scratch: true },
    });
  const took = (by: string, vmid: number) =>
    snapshots.record({
      ...{ vmid, name: by, takenAt: 7, digest: "d", stoppedThroughout: true },
      ...{ transaction: "t", operation: by, at: 1000 },
    });
  return { did, made, took, gone: (vmid: number) => guests.gone(vmid, 1100) };
}

type Journal = ReturnType<typeof journalOf>;

/** Whether what is seen on the guest counts as the journal's own work, after these steps. */
async function own(
  see: (state: State) => unknown,
  steps: (journal: Journal) => unknown,
): Promise<boolean> {
  let lost: number | null | undefined;
  await withState((state) => {
    const journal = journalOf(state);
    // Others, the agent's own as well: what is true of them says nothing of the guest.
    for (const vmid of [900, 950]) {
      journal.made(journal.did("guest.create", ["started", "succeeded"], { vmid }), vmid);
      journal.took(journal.did("guest.snapshot", ["started", "succeeded"], { vmid }), vmid);
    }
    steps(journal);
    see(state);
    lost = state.guests.get(VMID)?.scratchLostAt;
  });
  return lost === null;
}

const locked = (lock: string, steps: (journal: Journal) => unknown) =>
  own(({ guests }) => guests.sawLocked([{ vmid: VMID, lock }], SEEN, SINCE), steps);
const runs = (steps: (journal: Journal) => unknown) =>
  own(({ guests }) => guests.sawRunning([VMID], SEEN, SINCE), steps);

const create = ({ did, made }: Journal) => made(did("guest.create", ["started", "succeeded"]));

Deno.test("What makes a guest locks it, under whatever VMID it was asked for", async () => {
  for (const kind of ["guest.create", "golden.create"] as const) {
    assertEquals(await locked("create", ({ did, made }) => made(did(kind, ["started"]))), true);
  }
  const restored = await locked("create", ({ did, made }) => {
    made(did("guest.restore_over", ["started"], { vmid: 201 }));
  });
  assertEquals(restored, true);
});

Deno.test("Each lock is of the operation that takes it, and of no other", async () => {
  const takes = [
    ["snapshot", "guest.snapshot"],
    ["snapshot-delete", "guest.delete_snapshot"],
    ["rollback", "guest.rollback"],
    ["backup", "guest.backup"],
    ["destroyed", "guest.destroy"],
  ] as const;
  for (const [lock] of takes) {
    for (const [of, kind] of takes) {
      const is = await locked(lock, (journal) => {
        create(journal);
        journal.did(kind, ["started"]);
      });
      assertEquals(is, of === lock, `${lock} while ${kind} is at work`);
    }
  }
  const mounted = await locked("mounted", (journal) => {
    create(journal);
    for (const [, kind] of takes) journal.did(kind, ["started"]);
  });
  assertEquals(mounted, false, "nothing of the agent's mounts a guest");
});

Deno.test("A lock is its operation's from when that is sent to when it has ended well, before the look", async () => {
  const ways: readonly (readonly [readonly OperationState[], at: number, own: boolean])[] = [
    [[], SINCE, false],
    [["abandoned"], SINCE, false],
    [["started"], SINCE - 1, true],
    [["started", "task_running"], SINCE - 1, true],
    [["started", "failed"], SINCE - 1, true],
    [["started", "unknown"], SINCE - 1, true],
    [["started", "succeeded"], SINCE - 1, false],
    [["started", "succeeded"], SINCE, true],
  ];
  for (const [states, at, expected] of ways) {
    const is = await locked("backup", (journal) => {
      create(journal);
      journal.did("guest.backup", states, { at });
    });
    assertEquals(is, expected, `${states.join(" ")} at ${at}`);
  }
});

Deno.test("A lock is not of another guest's work, nor of work on what was there before", async () => {
  const others = await locked("backup", (journal) => {
    create(journal);
    journal.did("guest.backup", ["started"], { vmid: 900 });
  });
  const before = await locked("backup", (journal) => {
    journal.did("guest.backup", ["started", "failed"]);
    create(journal);
  });
  const replaced = await locked("backup", (journal) => {
    create(journal);
    journal.took(journal.did("guest.snapshot", ["started", "succeeded"]), VMID);
    journal.did("guest.backup", ["started", "failed"]);
    journal.gone(VMID);
    create(journal);
  });
  assertEquals([others, before, replaced], [false, false, false]);
});

Deno.test("What is broken off on a guest that has a snapshot alone of the agent's counts since that was taken", async () => {
  for (const [taken, expected] of [["before", true], ["after", false]] as const) {
    await withState((state) => {
      const { did, took } = journalOf(state);
      const snapshot = () => took(did("guest.snapshot", ["started", "succeeded"]), VMID);
      took(did("guest.snapshot", ["started", "succeeded"], { vmid: 900 }), 900);
      if (taken === "before") snapshot();
      did("guest.backup", ["started", "failed"]);
      if (taken === "after") snapshot();
      const news = state.guests.sawLocked([{ vmid: VMID, lock: "backup" }], SEEN, SINCE);
      assertEquals(news, expected ? [] : [VMID], taken);
    });
  }
});

Deno.test("A guest that the agent made runs by its doing from a start that was sent to a stop that ended well, before the look", async () => {
  type Did = readonly [ActionKind, readonly OperationState[], at: number];
  const on = (kind: ActionKind, ...states: readonly OperationState[]): Did => [kind, states, 1200];
  const off = (kind: ActionKind, at: number, ...states: readonly OperationState[]): Did => [
    kind,
    states,
    at,
  ];
  const ways: readonly (readonly [own: boolean, ...readonly Did[]])[] = [
    [false],
    [false, on("guest.start")],
    [false, on("guest.start", "abandoned")],
    [true, on("guest.start", "started")],
    [true, on("guest.restart", "started")],
    [true, on("guest.start", "started", "failed")],
    [true, on("guest.start", "started"), on("guest.backup", "started", "succeeded")],
    [false, on("guest.backup", "started", "succeeded")],
  ];
  const start = on("guest.start", "started", "succeeded");
  for (
    const [expected, ...steps] of [
      ...ways,
      ...(["guest.stop", "guest.shutdown"] as const).flatMap((kind): typeof ways => [
        [false, start, off(kind, SINCE - 1, "started", "succeeded")],
        [true, start, off(kind, SINCE, "started", "succeeded")],
        [true, start, off(kind, SINCE - 1, "started", "failed")],
        [true, start, off(kind, SINCE - 1)],
        [true, start, off(kind, SINCE - 1, "started", "succeeded"), start],
      ]),
    ]
  ) {
    const is = await runs((journal) => {
      create(journal);
      for (const [kind, states, at] of steps) journal.did(kind, states, { at });
    });
    assertEquals(is, expected, JSON.stringify(steps));
  }
});

Deno.test("A guest does not run by the start of another, nor of what was there before", async () => {
  const others = await runs((journal) => {
    create(journal);
    journal.did("guest.start", ["started"], { vmid: 900 });
  });
  const before = await runs((journal) => {
    journal.did("guest.start", ["started", "succeeded"]);
    create(journal);
  });
  const replaced = await runs((journal) => {
    create(journal);
    journal.did("guest.start", ["started", "succeeded"]);
    journal.gone(VMID);
    create(journal);
  });
  assertEquals([others, before, replaced], [false, false, false]);
});
