import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { type Undo, undoOf } from "../../../src/reconcile/transactions/undo.ts";
import type { OperationState } from "../../../src/state/mod.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

/** A stopped guest of the scenario, and one that has the snapshot. */
const GUEST = 230;
const KEEPER = 201;
const NAME = "before-upgrade";
const GOLDEN: Action = {
  kind: "golden.create",
  guest: GUEST,
  params: {
    template: "local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst",
    ...{ hostname: "golden", cores: 1, memory: 512, rootfs: { storage: "local-zfs", gib: 8 } },
  },
};
const SNAPSHOT: Action = {
  kind: "guest.snapshot",
  guest: KEEPER,
  params: { snapshot: NAME, description: "" },
};

/** What is left of an operation that the journal has so. */
async function leftOf(
  open: OpenWork,
  action: Action | { readonly kind: string },
  as: OperationState = "failed",
): Promise<Undo> {
  const { work, work: { state } } = open;
  const at = work.clock.now();
  const vmid = action === SNAPSHOT ? KEEPER : GUEST;
  state.operations.authorise({
    ...{ id: "one", transaction: "t", vmid, action, at, origin: "desired", evidence: {} },
  });
  if (as !== "abandoned") state.operations.advance("one", "started", { at });
  state.operations.advance("one", as, { at });
  const operation = state.operations.get("one");
  assert(operation !== undefined);
  return await undoOf(work, operation);
}

function markGuest({ work: { state } }: OpenWork, operation: string): void {
  state.guests.record({
    ...{ vmid: GUEST, transaction: "t", operation, creation: null, volumes: [], macs: [], at: 1 },
  });
}

function markSnapshot(
  { work: { state } }: OpenWork,
  { operation = "one", takenAt, stoppedThroughout = true }: {
    readonly operation?: string;
    readonly takenAt: number;
    readonly stoppedThroughout?: boolean;
  },
): void {
  state.snapshots.record({
    ...{ vmid: KEEPER, name: NAME, takenAt, digest: "d", stoppedThroughout },
    ...{ transaction: "t", operation, at: 1 },
  });
}

/** When the snapshot was taken that is there, epoch seconds. */
function takenAt({ simulator: { pve } }: OpenWork): number {
  return Number(pve.world.guest(KEEPER).config.snapshots.get(NAME)?.get("snaptime"));
}

const blocked = (left: Undo) => left.kind === "blocked" ? left : { passes: undefined, why: "" };

Deno.test("What was never begun, or cannot be read, is not looked for", async () => {
  {
    await using open = await openWork();
    markGuest(open, "one");
    assertEquals(await leftOf(open, GOLDEN, "abandoned"), { kind: "nothing" });
  }
  await using open = await openWork();
  const left = await leftOf(open, { kind: "guest.create" });
  assertEquals(blocked(left).passes, false);
  assertStringIncludes(blocked(left).why, "Operation one: ");
});

Deno.test("A guest is taken away that the journal marks as made by the operation, and no other", async () => {
  for (
    const [mark, as, kind] of [
      ["one", "failed", "action"],
      ["one", "unknown", "action"],
      ["another", "failed", "nothing"],
      ["another", "unknown", "blocked"],
      [undefined, "failed", "nothing"],
      [undefined, "unknown", "blocked"],
    ] as const
  ) {
    await using open = await openWork();
    if (mark !== undefined) markGuest(open, mark);
    const left = await leftOf(open, GOLDEN, as);
    assertEquals([mark, as, left.kind], [mark, as, kind]);
    if (left.kind === "action") {
      assertEquals(left.action, { kind: "guest.destroy", guest: GUEST, params: { purge: false } });
    }
    if (left.kind === "blocked") assertEquals(left.passes, false);
  }
});

Deno.test("Of a guest that is gone the mark goes too, if it was the operation's", async () => {
  for (const [mark, kind] of [["one", "gone"], ["another", "nothing"]] as const) {
    await using open = await openWork();
    markGuest(open, mark);
    open.simulator.pve.inject({ kind: "vanish", vmid: GUEST });
    const left = await leftOf(open, GOLDEN);
    assertEquals(left.kind, kind);
    if (left.kind === "gone") left.forget();
    assertEquals(open.work.state.guests.get(GUEST)?.operation, kind === "gone" ? undefined : mark);
  }
});

Deno.test("A guest whose lock is the agent's own is waited for, one that somebody locked is asked of the gate", async () => {
  for (const [lock, kind] of [["create", "blocked"], ["backup", "action"]] as const) {
    await using open = await openWork();
    markGuest(open, "one");
    open.simulator.pve.inject({ kind: "lock", vmid: GUEST, lock });
    const left = await leftOf(open, GOLDEN);
    assertEquals([lock, left.kind], [lock, kind]);
    if (left.kind === "blocked") {
      assertEquals(left.passes, true);
      assertStringIncludes(left.why, `Guest ${GUEST} is locked (create)`);
    }
  }
});

Deno.test("What was left half made by nobody knows whom is shown, and may pass", async () => {
  await using open = await openWork();
  open.simulator.pve.inject({ kind: "lock", vmid: GUEST, lock: "create" });
  const left = await leftOf(open, GOLDEN);
  assertEquals(blocked(left).passes, true);
  assertStringIncludes(blocked(left).why, "half made, with lock=create");
});

Deno.test("A snapshot is taken away that is the operation's by its mark and its time, and no other", async () => {
  for (
    const [operation, later, kind] of [
      ["one", 0, "action"],
      // Somebody deleted it and took another one of the name.
      ["one", 1, "gone"],
      ["another", 0, "blocked"],
    ] as const
  ) {
    await using open = await openWork();
    const time = takenAt(open);
    markSnapshot(open, { operation, takenAt: time - later });
    const left = await leftOf(open, SNAPSHOT);
    assertEquals([operation, later, left.kind], [operation, later, kind]);
    if (left.kind === "action") {
      const params = { snapshot: NAME, taken_at: time };
      assertEquals(left.action, { kind: "guest.delete_snapshot", guest: KEEPER, params });
    }
    if (left.kind === "blocked") assertEquals(left.passes, false);
    if (left.kind === "gone") left.forget();
    const mark = open.work.state.snapshots.get(KEEPER, NAME);
    assertEquals(mark?.operation, kind === "gone" ? undefined : operation);
  }
});

Deno.test("Of a snapshot that is gone with or without its guest the mark goes too", async () => {
  for (const vanished of [true, false]) {
    for (const [operation, kind] of [["one", "gone"], [undefined, "nothing"]] as const) {
      await using open = await openWork();
      const { pve } = open.simulator;
      if (operation !== undefined) markSnapshot(open, { operation, takenAt: takenAt(open) });
      if (vanished) pve.inject({ kind: "vanish", vmid: KEEPER });
      else {
        const guest = pve.world.guest(KEEPER);
        guest.config = { ...guest.config, snapshots: new Map() };
      }
      const left = await leftOf(open, SNAPSHOT);
      assertEquals([vanished, operation, left.kind], [vanished, operation, kind]);
    }
  }
});

Deno.test("A snapshot is kept that a rollback may need yet", async () => {
  await using open = await openWork();
  markSnapshot(open, { takenAt: takenAt(open) });
  const { work: { state } } = open;
  state.operations.authorise({
    ...{ id: "one", transaction: "t", vmid: KEEPER, action: SNAPSHOT, at: 1 },
    ...{ origin: "desired", evidence: {} },
  });
  for (const as of ["started", "succeeded"] as const) {
    state.operations.advance("one", as, { at: 1 });
  }
  const action: Action = {
    kind: "guest.rollback",
    guest: KEEPER,
    params: { snapshot: NAME, taken_at: takenAt(open) },
  };
  state.operations.authorise({
    ...{ id: "back", transaction: null, vmid: KEEPER, action, at: 2, origin: "job", evidence: {} },
  });
  for (const as of ["started", "failed"] as const) state.operations.advance("back", as, { at: 2 });
  const operation = state.operations.get("one");
  assert(operation !== undefined);
  assertEquals((await undoOf(open.work, operation)).kind, "kept");
});

Deno.test("A snapshot of a guest with the agent's own lock is waited for, with somebody's asked of the gate", async () => {
  for (
    const [lock, stoppedThroughout, kind] of [
      ["snapshot", true, "blocked"],
      ["snapshot", false, "action"],
      ["backup", true, "action"],
    ] as const
  ) {
    await using open = await openWork();
    open.simulator.pve.world.guest(KEEPER).running = undefined;
    markSnapshot(open, { takenAt: takenAt(open), stoppedThroughout });
    open.simulator.pve.inject({ kind: "lock", vmid: KEEPER, lock });
    const left = await leftOf(open, SNAPSHOT);
    assertEquals([lock, stoppedThroughout, left.kind], [lock, stoppedThroughout, kind]);
    if (left.kind === "blocked") {
      assertEquals(left.passes, true);
      assertStringIncludes(left.why, "is locked (snapshot)");
    }
  }
});
