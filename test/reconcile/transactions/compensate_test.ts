import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Action, readAction } from "../../../src/action/mod.ts";
import { compensate } from "../../../src/reconcile/transactions/compensate.ts";
import type { OperationState } from "../../../src/state/mod.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

const VMID = 230;
const T = "transaction";

/** An operation of the transaction as the journal has it that ended so. */
function ended(
  { work: { state, clock } }: OpenWork,
  { id, action, as }: { readonly id: string; readonly action: Action; readonly as: OperationState },
): void {
  const at = clock.now();
  const vmid = action.guest;
  state.operations.authorise({
    ...{ id, transaction: T, vmid, action, at },
    origin: "desired",
    evidence: {},
  });
  state.operations.advance(id, "started", { at });
  state.operations.advance(id, as, { at });
}

function creation({ goldenImages }: OpenWork): Action {
  const read = readAction({
    kind: "guest.create",
    guest: VMID,
    params: {
      image: goldenImages[0]?.volume,
      storage: "local-zfs",
      hostname: "florist",
      network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
      ...{ cores: 1, memory: 512, swap: 512, onboot: true, tags: [], description: "" },
    },
  });
  if (!read.ok) throw new Error(read.message);
  return read.action;
}

const undo = ({ work }: OpenWork) => compensate(work, T, new AbortController().signal);
const why = (undone: Awaited<ReturnType<typeof undo>>) =>
  undone === "rolled_back" ? "" : undone.blocked;

/** Whatever is there now, the journal marks it as made by another operation. */
function markOfAnother({ work: { state, clock }, simulator: { pve } }: OpenWork): void {
  const { options } = pve.world.guest(VMID).config;
  state.guests.record({
    vmid: VMID,
    transaction: "another",
    operation: "of another",
    creation: null,
    volumes: [options.get("rootfs")?.split(",")[0] ?? ""],
    macs: [/hwaddr=([0-9A-F:]+)/.exec(options.get("net0") ?? "")?.[1] ?? ""],
    at: clock.now(),
  });
}

Deno.test("a guest that another operation made, or nobody of ours, is no part of a failed creation", async () => {
  for (const mark of [() => {}, markOfAnother]) {
    await using open = await openWork();
    ended(open, { id: "one", action: creation(open), as: "failed" });
    mark(open);
    const tasks = open.simulator.pve.world.tasks.all().length;
    assertEquals(await undo(open), "rolled_back");
    assert(open.simulator.pve.world.guests.has(VMID));
    assertEquals(open.simulator.pve.world.tasks.all().length, tasks);
    assertEquals(
      open.work.state.pending.list(open.work.clock.now()),
      [],
      "nobody is asked to sign for it",
    );
  }
});

Deno.test("after a creation that nobody knows the end of, what stands there is shown and left alone", async () => {
  await using open = await openWork();
  ended(open, { id: "one", action: creation(open), as: "unknown" });
  assertStringIncludes(why(await undo(open)), "operation one cannot be shown to have created it");
  assert(open.simulator.pve.world.guests.has(VMID));
  assertEquals(open.work.state.transactions.get(T)?.outcome, "open");
  open.simulator.pve.inject({ kind: "vanish", vmid: VMID });
  assertEquals(await undo(open), "rolled_back");
});

Deno.test("a snapshot that nothing proves to be the agent's stays, and is told", async () => {
  await using open = await openWork();
  const params = { snapshot: "before-upgrade", description: "" };
  const action: Action = { kind: "guest.snapshot", guest: 201, params };
  ended(open, { id: "one", action, as: "unknown" });
  assertStringIncludes(why(await undo(open)), "operation one cannot be shown to have taken it");
  assertEquals(open.simulator.pve.world.guest(201).config.snapshots.size, 1);
});

Deno.test("what makes nothing is nothing to undo, and what cannot be taken back is not passed over", async () => {
  const before = { snapshot: "before-upgrade", taken_at: 1 };
  const table: readonly (readonly [Action, string])[] = [
    [{ kind: "guest.rollback", guest: 201, params: before }, ""],
    [{ kind: "guest.delete_snapshot", guest: 201, params: before }, ""],
    [{ kind: "guest.start", guest: 201, params: {} }, "cannot take guest.start back"],
    [
      { kind: "guest.settings", guest: 201, params: { set: { memory: 1 << 10 }, unset: [] } },
      "cannot take guest.settings back",
    ],
  ];
  for (const [action, expected] of table) {
    await using open = await openWork();
    ended(open, { id: "one", action, as: "succeeded" });
    const undone = await undo(open);
    assertEquals(undone === "rolled_back", expected === "");
    assertStringIncludes(why(undone), expected);
  }
});

Deno.test("when the host cannot be asked, the transaction stays open", async () => {
  await using open = await openWork();
  ended(open, { id: "one", action: creation(open), as: "failed" });
  open.simulator.wire.setDaemon(false);
  open.simulator.wire.setClusterFileSystem(false);
  assert(await undo(open) !== "rolled_back");
  assertEquals(open.work.state.transactions.get(T)?.outcome, "open");
});

Deno.test("what has ended is not made undone, whatever of it is there", async () => {
  for (const outcome of ["committed", "rolled_back"] as const) {
    await using open = await openWork();
    const { work: { state, clock } } = open;
    ended(open, { id: "one", action: creation(open), as: "unknown" });
    state.transactions.close(T, outcome, clock.now());
    const undone = await undo(open);
    if (outcome === "rolled_back") assertEquals(undone, "rolled_back");
    else assertEquals(undone !== "rolled_back" && undone.kept, true);
    assertEquals(state.operations.ofTransaction(T).length, 1);
  }
});

Deno.test("what nobody can show to be the agent's keeps its transaction open, unless somebody waits for it", async () => {
  for (const wanted of [false, true]) {
    await using open = await openWork();
    ended(open, { id: "one", action: creation(open), as: "unknown" });
    // That another operation's guest ran is nothing to this one.
    markOfAnother(open);
    open.work.state.guests.ran(VMID, open.work.clock.now());
    const undone = await compensate(open.work, T, new AbortController().signal, { wanted });
    assertEquals(undone !== "rolled_back" && undone.kept, wanted);
    assertEquals(open.work.state.transactions.get(T)?.outcome, wanted ? "committed" : "open");
  }
});

Deno.test("what may pass keeps its transaction open, whoever waits for it", async () => {
  await using open = await openWork();
  ended(open, { id: "one", action: creation(open), as: "failed" });
  open.simulator.pve.inject({ kind: "lock", vmid: VMID, lock: "create" });
  const undone = await compensate(open.work, T, new AbortController().signal, { wanted: true });
  assertEquals(undone !== "rolled_back" && undone.kept, false);
  assertStringIncludes(why(undone), "half made");
  assertEquals(open.work.state.transactions.get(T)?.outcome, "open");
});

Deno.test("a snapshot that its guest has run since is kept for good, another's or one that is told from it is not", async () => {
  for (
    const [operation, stoppedThroughout, digest, outcome] of [
      ["one", false, null, "committed"],
      ["one", true, "of another configuration", "open"],
      ["another", false, null, "open"],
    ] as const
  ) {
    await using open = await openWork();
    const { work: { state }, simulator: { pve } } = open;
    const guest = pve.world.guest(201);
    guest.running = undefined;
    const params = { snapshot: "before-upgrade", description: "" };
    ended(open, {
      id: "one",
      action: { kind: "guest.snapshot", guest: 201, params },
      as: "failed",
    });
    state.snapshots.record({
      ...{
        vmid: 201,
        name: "before-upgrade",
        digest,
        stoppedThroughout,
        transaction: T,
        operation,
      },
      takenAt: Number(guest.config.snapshots.get("before-upgrade")?.get("snaptime")),
      at: 1,
    });
    const undone = await undo(open);
    assert(undone !== "rolled_back");
    assertEquals([operation, undone.kept], [operation, outcome === "committed"]);
    assertEquals(state.transactions.get(T)?.outcome, outcome);
    assertEquals(guest.config.snapshots.size, 1);
  }
});

Deno.test("a step that cannot be read keeps its transaction open", async () => {
  await using open = await openWork();
  const { work: { state, clock } } = open;
  const at = clock.now();
  state.operations.authorise({
    ...{ id: "one", transaction: T, vmid: VMID, action: { kind: "guest.create" }, at },
    ...{ origin: "desired", evidence: {} },
  });
  for (const as of ["started", "failed"] as const) state.operations.advance("one", as, { at });
  const undone = await undo(open);
  assertEquals(undone !== "rolled_back" && undone.kept, false);
  assertStringIncludes(why(undone), "Operation one: ");
  assertEquals(state.transactions.get(T)?.outcome, "open");
});

Deno.test("a bug in a look at the host is thrown, and the transaction stays open", async () => {
  await using open = await openWork();
  ended(open, { id: "one", action: creation(open), as: "failed" });
  const guestConfig = () => Promise.reject(new TypeError("no such method"));
  const reads = { ...open.work.eyes.reads, guestConfig };
  const work = { ...open.work, eyes: { ...open.work.eyes, reads } };
  await assertRejects(() => compensate(work, T, new AbortController().signal), TypeError);
  assertEquals(open.work.state.transactions.get(T)?.outcome, "open");
});
