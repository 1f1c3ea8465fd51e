import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { Intake } from "../../../src/reconcile/engine/intake.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { judge } from "../../e2e/ledger/judge.ts";
import { simulatorBooks } from "../../e2e/ledger/simulator_books.ts";
import { startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { runEngine, type RunningEngine, wanted } from "./run_engine.ts";

/** From 200 on, the even ones running and the odd ones stopped, all alike. */
const ALIKE = { simulator: { scenario: "mixed", guests: 6 } } as const;
const signal = new AbortController().signal;

/** Puts a job into the journal through the gate, as the desk does, before anybody works. */
async function ask(work: Work, action: Action): Promise<string> {
  const taken = await new Intake(work, () => {}).request({ action, why: "asked for" }, signal);
  assert(taken.outcome === "authorised", JSON.stringify(taken));
  return taken.operation;
}

function snapshot(guest: number, name: string): Action {
  return { kind: "guest.snapshot", guest, params: { snapshot: name, description: "" } };
}

const backup = (guest: number): Action => ({
  kind: "guest.backup",
  guest,
  params: { storage: "local", mode: "snapshot", compress: "zstd", notes: "", protected: false },
});

/** When each task of a type began (its call) and ended, in their order. */
function times({ simulator: { wire, pve } }: RunningEngine, path: RegExp, type: string) {
  const tasks = pve.world.tasks.all().filter((task) =>
    task.type === type && task.user === pve.token.id
  );
  const calls = wire.log.rows().filter((row) => row.method === "POST" && path.test(row.path));
  assertEquals(calls.length, tasks.length, "a call each");
  return calls.map((call, index) => ({ began: call.time, ended: tasks[index]?.ended ?? Infinity }));
}

function assertOneAfterTheOther(spans: readonly { began: number; ended: number }[]): void {
  for (const [index, span] of spans.entries()) {
    const before = spans[index - 1];
    assert(before === undefined || before.ended <= span.began, `${index} began too early`);
  }
}

Deno.test("a guest's operations are done first, the oldest first; then it is read and planned anew", async () => {
  await using host = await runEngine({
    ...ALIKE,
    async prepare({ work, want }) {
      await ask(work, snapshot(200, "one"));
      await ask(work, {
        kind: "guest.settings",
        guest: 200,
        params: { set: { cores: 3 }, unset: [] },
      });
      await ask(work, snapshot(200, "two"));
      // The pass plans cores and memory; when the guest's turn comes, cores is done already.
      want(wanted(200, { settings: { cores: 3, memory: 600 } }));
    },
  });
  await host.quiet();
  const sent = host.simulator.wire.log.rows().filter(({ method }) => method !== "GET").map((
    { method, path, params },
  ) => [method, path.split("/").at(-1), params["snapname"] ?? params["cores"] ?? null]);
  assertEquals(sent, [
    ["POST", "snapshot", "one"],
    ["PUT", "config", "3"],
    ["POST", "snapshot", "two"],
    ["PUT", "config", null],
  ]);
});

Deno.test("signed work, jobs and drift are let through by the gate, kept in the journal, and true", async () => {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    await using host = await runEngine({
      ...ALIKE,
      signers: { operational: anna.line() },
      prepare: ({ want }) =>
        void want(wanted(203, { state: "running" }), wanted(205, { settings: { cores: 3 } })),
    });
    const { work, desk } = host;
    await host.until(() => host.engine.phase === "running");
    const destroy: Action = { kind: "guest.destroy", guest: 201, params: { purge: false } };
    const signed = await desk.submit(await host.sign(destroy, anna));
    assertEquals(signed.outcome, "authorised", JSON.stringify(signed));
    const job = await desk.request({ action: snapshot(200, "before-2"), why: "asked for" });
    assertEquals(job.outcome, "authorised", JSON.stringify(job));
    await host.quiet();
    const rows = work.state.operations.list().flatMap((row) => "unreadable" in row ? [] : row);
    assertEquals(rows.map(({ vmid, origin, state }) => `${vmid} ${origin} ${state}`).toSorted(), [
      "200 job succeeded",
      "201 job succeeded",
      "203 desired succeeded",
      "205 desired succeeded",
    ]);
    // Every one of them had a permit, and nothing else left the agent.
    const permits = work.state.audit.list({ limit: 50 }).filter(({ kind }) =>
      kind === "gate.permitted"
    );
    assert(permits.length >= 4, String(permits.length));
    assertEquals(judge(simulatorBooks(work.state.operations, host.simulator)), {
      problems: [],
      unknown: [],
    });
    assertEquals(host.simulator.pve.world.guests.has(201), false);
  } finally {
    await operators.close();
  }
});

Deno.test("what takes a signature is not done without one, whoever wants it", async () => {
  await using host = await runEngine(ALIKE);
  await host.until(() => host.engine.phase === "running");
  const action: Action = { kind: "guest.destroy", guest: 201, params: { purge: false } };
  const taken = await host.desk.request({ action, why: "the hub says so" });
  assertEquals(taken.outcome, "pending_signature");
  await host.quiet();
  assertEquals(host.sent(), []);
  const [wish] = host.work.state.pending.list(host.work.clock.now());
  assertEquals([wish?.kind, wish?.vmid], ["guest.destroy", 201]);
});

Deno.test("guests are worked on in parallel", async () => {
  await using host = await runEngine({
    ...ALIKE,
    prepare({ want, simulator: { pve } }) {
      want(...[201, 203, 205].map((vmid) => wanted(vmid, { state: "running" })));
      pve.inject({ kind: "task", type: "vzstart", fate: { kind: "stuck" }, times: 3 });
    },
  });
  const { engine, simulator: { pve } } = host;
  await host.until(() =>
    pve.world.tasks.all().filter(({ ended }) => ended === undefined).length === 3
  );
  assertEquals(engine.report().busy.toSorted(), [201, 203, 205]);
  pve.inject({ kind: "restart-daemon" });
  await host.quiet();
});

Deno.test("one guest is worked on serially", async () => {
  await using host = await runEngine({
    simulator: { ...ALIKE.simulator, taskMs: 2_000 },
    async prepare({ work }) {
      for (const name of ["aa", "bb", "cc"]) await ask(work, snapshot(200, name));
    },
  });
  // Wake it as often as one likes.
  await host.until(() => {
    host.engine.wake(200);
    return host.sent().length === 3;
  });
  await host.quiet();
  assertOneAfterTheOther(times(host, /\/snapshot$/, "vzsnapshot"));
});

Deno.test("the node makes one backup at a time, and goes on with other work meanwhile", async () => {
  await using host = await runEngine({
    simulator: { ...ALIKE.simulator, taskMs: 5_000 },
    async prepare({ work, want }) {
      for (const vmid of [200, 202, 204]) await ask(work, backup(vmid));
      want(wanted(201, { state: "running" }));
    },
  });
  await host.quiet();
  const spans = times(host, /\/vzdump$/, "vzdump");
  assertEquals(spans.length, 3);
  assertOneAfterTheOther(spans);
  const [start] = times(host, /201\/status\/start$/, "vzstart");
  assert((start?.began ?? 0) < (spans[0]?.ended ?? 0), "it waited for the backups");
});

Deno.test("a backup that runs on from before a start is the node's one, too", async () => {
  await using simulator = await startSimulator({
    ...ALIKE.simulator,
    timeScale: 50,
    taskMs: 20_000,
  });
  await inFolder(async (folder) => {
    const first = await runEngine({
      ...{ folder, on: simulator },
      prepare: async ({ work }) => void await ask(work, backup(200)),
    });
    await first.until(() => simulator.pve.world.tasks.all().some(({ type }) => type === "vzdump"));
    const begun = () =>
      first.work.state.operations.unfinished()
        .some((row) => "state" in row && row.state === "task_running");
    await first.until(begun);
    await first[Symbol.asyncDispose]();
    await using second = await runEngine({
      ...{ folder, on: simulator },
      prepare: async ({ work }) => void await ask(work, backup(202)),
    });
    await second.quiet();
    const spans = times(second, /\/vzdump$/, "vzdump");
    assertEquals(spans.length, 2);
    assertOneAfterTheOther(spans);
  });
});

Deno.test("a backup that is lost sight of is the node's one as long as it may run", async () => {
  await using host = await runEngine({
    simulator: { ...ALIKE.simulator, taskMs: 20_000 },
    async prepare({ work, simulator }) {
      for (const vmid of [200, 202]) await ask(work, backup(vmid));
      // Polling it is refused, for good as it seems: nothing is known of it then.
      simulator.wire.faults.add({
        ...{ path: "/tasks/[^/]+/status$", count: 2 },
        fault: { kind: "status", status: 403, body: { data: null, message: "no\n" } },
      });
    },
  });
  await host.quiet();
  const spans = times(host, /\/vzdump$/, "vzdump");
  assertEquals(spans.length, 2);
  assertOneAfterTheOther(spans);
});
