import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { settle } from "../../../src/reconcile/settle.ts";
import { compensate } from "../../../src/reconcile/transactions/compensate.ts";
import type { SelftestReport } from "../../../src/reconcile/transactions/selftest_report.ts";
import { runSelftest } from "../../../src/reconcile/transactions/selftest_task.ts";
import { withOptions } from "../../sim/pve/world/config_change.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

/** Stopped, managed, on ZFS. */
const VMID = 230;
const TRANSACTION = "0b5e7d6c-1f0a-4c44-9d0e-3a1b2c3d4e5f";
const TASKS = ["vzsnapshot", "vzdelsnapshot"] as const;

const never = () => new AbortController().signal;

async function selftest(
  { work }: OpenWork,
  { vmid = VMID, stop = never() }: { readonly vmid?: number; readonly stop?: AbortSignal } = {},
): Promise<SelftestReport> {
  return await runSelftest(work, { transaction: TRANSACTION, vmid, scratch: null, stop }, never());
}

function snapshotsOf({ simulator: { pve } }: OpenWork, vmid = VMID): string[] {
  const { config } = pve.world.guest(vmid);
  const volumes = [...pve.world.storages.values()].flatMap((storage) =>
    storage.volumes().filter(({ volid }) => volid.includes(`-${vmid}-`))
  );
  const stored = volumes.flatMap(({ snapshots }) => snapshots.map(({ name }) => name));
  return [...new Set([...config.snapshots.keys(), ...stored])];
}

const steps = ({ steps }: SelftestReport) => steps.map(({ kind, outcome }) => `${kind} ${outcome}`);
const outcomeIn = ({ work }: OpenWork) => work.state.transactions.get(TRANSACTION)?.outcome;

/** Calls `then` when a task of a type is forked. */
function whenForked({ simulator: { pve } }: OpenWork, type: string, then: () => void): void {
  const before = pve.world.tasks.fateOf;
  pve.world.tasks.fateOf = (forked, id) => {
    if (forked === type) then();
    return before(forked, id);
  };
}

Deno.test("snapshot and delete, and never a rollback: all through the gate, and the guest is as it was", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  const before = world.guest(VMID).config.options;
  const report = await selftest(open);
  assertEquals(steps(report), [
    "guest.snapshot succeeded",
    "guest.delete_snapshot succeeded",
  ], report.problem ?? "");
  const { steps: took, ...rest } = report;
  assertEquals(rest, {
    transaction: TRANSACTION,
    vmid: VMID,
    outcome: "passed",
    problem: null,
    left: null,
  });
  for (const { tookMs, why } of took) assertEquals([tookMs > 0, why], [true, null]);
  assertEquals(snapshotsOf(open), []);
  assertEquals(outcomeIn(open), "committed");
  assertEquals(open.work.state.snapshots.of(VMID), []);
  assertEquals(world.isRunning(VMID), false);
  assertEquals(new Map(world.guest(VMID).config.options), new Map(before));
  const tasks = world.tasks.all().filter(({ id, user }) => id === "230" && user !== "root@pam");
  assertEquals(tasks.map(({ type }) => type), [...TASKS]);
  const taken = open.work.state.operations.ofTransaction(TRANSACTION)[0]?.action;
  assertMatch(JSON.stringify(taken), /"snapshot":"felhom-[0-9a-f]{32}"/);
});

const refused: readonly {
  readonly name: string;
  readonly vmid?: number;
  readonly prepare?: (open: OpenWork) => void;
  readonly why: string;
}[] = [
  {
    name: "a guest, when the tasks of others cannot be seen",
    prepare: ({ work: { eyes: { reads } } }) =>
      void (reads.permissions = () => Promise.resolve({})),
    why: "For guest 230, the token may not see the tasks of others (Sys.Audit on /nodes/",
  },
  { name: "a guest that runs", vmid: 201, why: "Guest 201 is running" },
  { name: "a guest outside the managed range", vmid: 120, why: "outside the managed range" },
  { name: "a guest that is not there", vmid: 299, why: "There is no guest 299" },
  {
    name: "a guest that is locked",
    prepare: ({ simulator: { pve } }) => pve.inject({ kind: "lock", vmid: VMID, lock: "backup" }),
    why: "Guest 230 is locked (backup)",
  },
  {
    name: "a template",
    prepare: ({ simulator: { pve } }) =>
      pve.inject({ kind: "change-config", vmid: VMID, set: { template: "1" } }),
    why: "Guest 230 is a template",
  },
  {
    name: "a guest on a storage without snapshots",
    prepare: ({ simulator: { pve } }) =>
      pve.inject({
        kind: "change-config",
        vmid: VMID,
        set: { rootfs: "local:230/vm-230-disk-0.raw,size=8G" },
      }),
    why: "a storage without snapshots (dir)",
  },
  {
    name: "a guest with a bind mount",
    prepare: ({ simulator: { pve } }) =>
      pve.inject({ kind: "change-config", vmid: VMID, set: { mp0: "/srv/data,mp=/srv" } }),
    why: "Guest 230 has a bind mount (mp0)",
  },
  {
    name: "a guest with as many snapshots as the agent may take",
    prepare: ({ work: { state }, simulator: { pve: { world } } }) => {
      const guest = world.guest(VMID);
      const section = new Map([...guest.config.options, ["snaptime", "1790000000"] as const]);
      const names = Array.from({ length: 8 }, (_, index) => `day-${index}`);
      const snapshots = new Map(names.map((name) => [name, section] as const));
      guest.config = { ...withOptions(guest.config, { parent: "day-7" }), snapshots };
      for (const name of names) {
        state.snapshots.record({
          ...{ vmid: VMID, name, takenAt: 1_790_000_000, digest: null, stoppedThroughout: true },
          ...{ transaction: "an earlier one", operation: name, at: 1_790_000_000_000 },
        });
      }
    },
    why: "8 snapshots that the agent took, and 8 may be",
  },
  {
    name: "a guest whose storage is full",
    prepare: ({ simulator: { pve } }) =>
      pve.inject({ kind: "fill", storage: "local-zfs", leave: 1024 ** 3 }),
    why: "would not keep its free space",
  },
];
for (const { name, vmid = VMID, prepare = () => {}, why } of refused) {
  Deno.test(`the self-test is refused, with the reason, on ${name}`, async () => {
    await using open = await openWork();
    prepare(open);
    const had = open.simulator.pve.world.guests.has(vmid) ? snapshotsOf(open, vmid) : [];
    const report = await selftest(open, { vmid });
    assertEquals([report.outcome, report.left], ["refused", null]);
    assertStringIncludes(report.problem ?? "", why);
    assertEquals(open.work.state.operations.list(), []);
    assertEquals(outcomeIn(open), undefined);
    if (had.length > 0) assertEquals(snapshotsOf(open, vmid), had);
  });
}

Deno.test("the self-test is refused when the disk of the state is full", async () => {
  await using open = await openWork();
  const state = Object.create(open.work.state, { shortage: { value: "disk" } });
  const report = await runSelftest(
    { ...open.work, state },
    { transaction: TRANSACTION, vmid: VMID, scratch: null, stop: never() },
    never(),
  );
  assertEquals(report.outcome, "refused");
  assertStringIncludes(report.problem ?? "", "is full");
});

Deno.test("a self-test whose snapshot fails leaves nothing", async () => {
  await using open = await openWork();
  const fate = { kind: "fail", message: "it is told to fail" } as const;
  open.simulator.pve.inject({ kind: "task", type: "vzsnapshot", fate });
  const report = await selftest(open);
  assertEquals([report.outcome, report.left, report.steps.length], ["failed", null, 1]);
  assertStringIncludes(report.problem ?? "", "it is told to fail");
  assertEquals(snapshotsOf(open), []);
  assertEquals(outcomeIn(open), "rolled_back");
});

Deno.test("a deletion that fails leaves a lock, which is told, and what is half deleted takes a signature", async () => {
  await using open = await openWork();
  const { pve } = open.simulator;
  const fate = { kind: "fail", message: "dataset is busy" } as const;
  pve.inject({ kind: "task", type: "vzdelsnapshot", fate });
  const report = await selftest(open);
  assertEquals(report.outcome, "failed");
  assertStringIncludes(report.problem ?? "", "dataset is busy");
  assertStringIncludes(report.left ?? "", "locked (snapshot-delete)");
  assertStringIncludes(report.left ?? "", "pct listsnapshot 230");
  assertEquals([outcomeIn(open), snapshotsOf(open).length], ["open", 1]);
  const again = await compensate(open.work, TRANSACTION, never());
  assert(again !== "rolled_back", "it is still locked");
  pve.inject({ kind: "lock", vmid: VMID, lock: null });
  const waits = await compensate(open.work, TRANSACTION, never());
  assertStringIncludes(waits === "rolled_back" ? "" : waits.blocked, "is not as it was");
  const [wish] = open.work.state.pending.list(open.work.clock.now());
  assertEquals([wish?.kind, snapshotsOf(open).length], ["guest.delete_snapshot", 1]);
});

for (const [index, type] of TASKS.entries()) {
  Deno.test(`a self-test that is ended early during ${type} finishes it and is cleaned up`, async () => {
    await using open = await openWork();
    const stop = new AbortController();
    whenForked(open, type, () => stop.abort());
    const report = await selftest(open, { stop: stop.signal });
    const isLast = index === TASKS.length - 1;
    assertEquals(
      [report.outcome, report.left, report.steps.length],
      [isLast ? "passed" : "stopped", null, index + 1],
    );
    assertEquals(snapshotsOf(open), []);
    assertEquals(outcomeIn(open), isLast ? "committed" : "rolled_back");
  });
}

Deno.test("a self-test that was ended before it began touches nothing", async () => {
  await using open = await openWork();
  const report = await selftest(open, { stop: AbortSignal.abort() });
  assertEquals([report.outcome, report.steps], ["stopped", []]);
  assertEquals(open.work.state.operations.list(), []);
});

Deno.test("a guest that is started in between keeps its snapshot, which waits for a signature", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  let left = 2;
  // Seen stopped before and after the snapshot, then started by somebody.
  const { facts } = open.work;
  const work: typeof open.work = {
    ...open.work,
    facts(action, signal) {
      if (--left === 0) world.guest(VMID).running = world.guest(201).running;
      return facts(action, signal);
    },
  };
  const report = await runSelftest(
    work,
    { transaction: TRANSACTION, vmid: VMID, scratch: null, stop: never() },
    never(),
  );
  assertEquals(steps(report), ["guest.snapshot succeeded", "guest.delete_snapshot denied"]);
  assertEquals([report.outcome, outcomeIn(open)], ["failed", "committed"]);
  assertStringIncludes(report.left ?? "", "The agent made it, but the guest runs");
  assert(world.isRunning(VMID), "nobody stopped it");
  assertEquals(snapshotsOf(open).length, 1);
});

Deno.test("a snapshot of another's with the same name stays", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  const fate = { kind: "fail", message: "dataset is busy" } as const;
  open.simulator.pve.inject({ kind: "task", type: "vzdelsnapshot", fate, times: 2 });
  await selftest(open);
  const guest = world.guest(VMID);
  const [[name, section] = ["", new Map<string, string>()]] = guest.config.snapshots;
  const later = new Map([...section, ["snaptime", "1999999999"] as const]);
  guest.config = { ...guest.config, snapshots: new Map([[name, later]]) };
  const tasks = world.tasks.all().length;
  assertEquals(await compensate(open.work, TRANSACTION, never()), "rolled_back");
  assertEquals(world.tasks.all().length, tasks);
  assertEquals([...guest.config.snapshots.keys()], [name]);
});

/** What a start does with what was begun: sees it to its end, then rolls back what is open. */
async function recover({ work }: OpenWork): Promise<void> {
  for (const operation of work.state.operations.unfinished()) {
    assert("id" in operation);
    if (operation.state !== "authorised") {
      await settle(work, operation, { wait: true, signal: never() });
    } else {
      work.state.operations.advance(operation.id, "abandoned", { at: work.clock.now() });
    }
  }
  for (const { id } of work.state.transactions.open()) {
    assertEquals(await compensate(work, id, never()), "rolled_back");
  }
}

for (const type of TASKS) {
  Deno.test(`an agent that stops during ${type} leaves its snapshot to the next start, which deletes it`, async () => {
    await using open = await openWork();
    const stopping = new AbortController();
    whenForked(open, type, () => stopping.abort());
    const report = await runSelftest(
      open.work,
      { transaction: TRANSACTION, vmid: VMID, scratch: null, stop: never() },
      stopping.signal,
    );
    assertEquals(report.outcome, "stopped");
    assertStringIncludes(report.left ?? "", "next start");
    assertEquals(outcomeIn(open), "open");
    await recover(open);
    assertEquals([outcomeIn(open), snapshotsOf(open)], ["rolled_back", []]);
    assertEquals(open.work.state.snapshots.of(VMID), []);
  });
}

const calls = [
  { method: "POST", route: "/nodes/{node}/lxc/{vmid}/snapshot" },
  { method: "DELETE", route: "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}" },
] as const;
for (const { method, route } of calls) {
  for (const kind of ["reset_before", "reset_during", "reset_after"] as const) {
    Deno.test(`no snapshot is left when ${method} ${route} is answered by ${kind}`, async () => {
      await using open = await openWork();
      open.simulator.wire.faults.add({ method, route, count: 1, fault: { kind } });
      const report = await selftest(open);
      assertEquals(
        report.outcome,
        kind === "reset_before" ? "failed" : "passed",
        report.problem ?? "",
      );
      assertEquals([report.left, snapshotsOf(open)], [null, []]);
      const ended = kind === "reset_before" ? "rolled_back" : "committed";
      assertEquals(outcomeIn(open), ended);
      const taken = open.simulator.pve.world.tasks.all().filter(({ type }) =>
        type === "vzsnapshot"
      );
      assert(taken.filter(({ id }) => id === "230").length <= 1, "nothing is sent twice");
    });
  }
}
