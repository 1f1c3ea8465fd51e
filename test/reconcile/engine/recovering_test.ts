import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Action } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { runEngine, type RunningEngine, wanted } from "./run_engine.ts";

const ALIKE = { scenario: "mixed", guests: 4 } as const;
const START: Action = { kind: "guest.start", guest: 203, params: {} };

function stateOf({ work }: RunningEngine, id: string): string | undefined {
  return work.state.operations.get(id)?.state;
}

/** An operation of an earlier run, in a journal as that left it. */
function leave(
  { work: { state, clock } }: Pick<RunningEngine, "work">,
  id: string,
  action: Action,
) {
  state.operations.authorise({
    ...{ id, transaction: null, vmid: action.guest, action, origin: "job", at: clock.now() },
    evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
  });
}

Deno.test("nothing is changed and nothing taken before recovery is through", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    prepare(open) {
      leave(open, "begun", { kind: "guest.start", guest: 201, params: {} });
      const { state, clock } = open.work;
      const detail = { before: { pid: null }, nodeTime: Math.floor(clock.now() / 1000) };
      state.operations.advance("begun", "started", { at: clock.now(), detail });
      leave(open, "waiting", START);
      open.want(wanted(200, { settings: { cores: 3 } }));
      open.simulator.wire.faults.add({
        ...{ id: "away", path: "/nodes/pve/tasks" },
        fault: { kind: "status", status: 595 },
      });
    },
  });
  const { engine, desk, simulator: { wire } } = host;
  const looks = () => wire.faults.list()[0]?.struck ?? 0;
  await host.until(() => looks() >= 3);
  assertEquals(engine.phase, "recovering");
  assertEquals(host.sent(), []);
  assertMatch(desk.why(203), /waits until recovery has tied up what a crash left behind/);
  const refused = await assertRejects(
    () => desk.request({ action: START, why: "asked for" }),
    FelhomError,
  );
  assertEquals(refused.code, "engine.not_ready");
  wire.faults.remove("away");
  await host.quiet();
  assertEquals([stateOf(host, "begun"), stateOf(host, "waiting")], ["failed", "succeeded"]);
  assertEquals(host.sent().toSorted(), [
    "POST /nodes/pve/lxc/203/status/start",
    "PUT /nodes/pve/lxc/200/config",
  ]);
});

Deno.test("what cannot be decided ends unknown, is shown, and is not repeated", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50 });
  await using host = await runEngine({
    on: simulator,
    prepare(open) {
      leave(open, "begun", {
        kind: "guest.snapshot",
        guest: 203,
        params: { snapshot: "other", description: "" },
      });
      const { state, clock } = open.work;
      // What was written down with the intent is not what the agent writes there.
      state.operations.advance("begun", "started", { at: clock.now(), detail: { cut: "{" } });
    },
  });
  await host.quiet();
  assertEquals(stateOf(host, "begun"), "unknown");
  assertEquals(host.engine.report().unknown, 1);
  assertEquals(host.sent(), []);
  const [shown] = host.work.state.operations.list({ vmid: 203 });
  assert(shown !== undefined && "id" in shown && shown.state === "unknown");
  const { detail } = host.work.state.operations.transitions("begun").at(-1) ?? {};
  assertMatch(JSON.stringify(detail), /cannot be read/);
});

Deno.test("one row that cannot be read keeps nobody else from working", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50 });
  await inFolder(async (folder) => {
    const first = await runEngine({
      ...{ folder, on: simulator, parallel: 0 },
      prepare(open) {
        leave(open, "bad", { kind: "guest.start", guest: 201, params: {} });
        leave(open, "good", START);
      },
    });
    await first[Symbol.asyncDispose]();
    using database = new DatabaseSync(`${folder}/state.db`);
    database.exec("UPDATE operation SET action = '{' WHERE id = 'bad'");
    database.close();
    await using host = await runEngine({
      ...{ folder, on: simulator },
      prepare: ({ want }) => void want(wanted(200, { settings: { cores: 3 } })),
    });
    await host.until(() => stateOf(host, "good") === "succeeded" && host.sent().length === 2);
    assertEquals(host.sent().toSorted(), [
      "POST /nodes/pve/lxc/203/status/start",
      "PUT /nodes/pve/lxc/200/config",
    ]);
  });
});

/** Signs a destruction of guest 201 and leaves it authorised, as a crash right then does. */
async function leaveSigned(
  { folder, simulator }: { readonly folder: string; readonly simulator: Simulator },
  use: (options: Parameters<typeof runEngine>[0], operation: string) => Promise<void>,
): Promise<void> {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    const options = { folder, on: simulator, signers: { operational: anna.line() } };
    const first = await runEngine({ ...options, parallel: 0 });
    await first.until(() => first.engine.phase === "running");
    const action: Action = { kind: "guest.destroy", guest: 201, params: { purge: false } };
    const taken = await first.desk.submit(await first.sign(action, anna));
    assert(taken.outcome === "authorised", JSON.stringify(taken));
    await first[Symbol.asyncDispose]();
    await use(options, taken.operation);
  } finally {
    await operators.close();
  }
}

Deno.test("what was signed and not sent before a crash is done after it", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50 });
  await inFolder((folder) =>
    leaveSigned({ folder, simulator }, async (options, operation) => {
      await using host = await runEngine(options);
      await host.quiet();
      assertEquals(stateOf(host, operation), "succeeded");
      assertEquals(simulator.pve.world.guests.has(201), false);
    })
  );
});

Deno.test("what was signed and not sent is given up once it has expired, and shown", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50 });
  await inFolder((folder) =>
    leaveSigned({ folder, simulator }, async (options, operation) => {
      const { clock } = simulator;
      const later = { ...clock, now: () => clock.now() + 2 * 60 * 60_000 };
      await using host = await runEngine({ ...options, clock: later });
      await host.quiet();
      assertEquals(stateOf(host, operation), "abandoned");
      assertEquals(host.sent(), []);
      const { detail } = host.work.state.operations.transitions(operation).at(-1) ?? {};
      assertMatch(JSON.stringify(detail), /was valid until/);
      assert(simulator.pve.world.guests.has(201));
    })
  );
});

Deno.test("what was signed and not sent is given up when its bytes do not verify any more", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50 });
  await inFolder((folder) =>
    leaveSigned({ folder, simulator }, async (options, operation) => {
      using database = new DatabaseSync(`${folder}/state.db`);
      database.exec(
        "UPDATE signed_document SET bytes = CAST(replace(bytes, 'contract', 'contraxt') AS BLOB)",
      );
      database.close();
      await using host = await runEngine(options);
      await host.quiet();
      assertEquals([stateOf(host, operation), host.sent()], ["abandoned", []]);
    })
  );
});
