import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { parseDocument } from "../../../src/authz/mod.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { runEngine, type RunningEngine, wanted } from "./run_engine.ts";

const ALIKE = { scenario: "mixed", guests: 4 } as const;
const signal = new AbortController().signal;

Deno.test("what a transaction has half made is made undone on a full disk, too", async () => {
  const action: Action = {
    kind: "guest.snapshot",
    guest: 201,
    params: { snapshot: "felhom-half", description: "" },
  };
  await using host = await runEngine({
    simulator: ALIKE,
    async prepare({ work, simulator }) {
      const outcome = await carryOutStep(work, {
        ...{ action, origin: "selftest", source: "control socket", reference: "half" },
        ...{ why: "Somebody asks", within: { transaction: "half", step: 0 } },
      }, signal);
      assertEquals(outcome.kind, "succeeded", JSON.stringify(outcome));
      // Recovery cannot undo it yet; so it is left to who works on the guest.
      simulator.pve.inject({ kind: "lock", vmid: 201, lock: "backup" });
      work.state.acceptsWork = () => false;
    },
  });
  const { engine, simulator, work } = host;
  await host.until(() => engine.phase === "running");
  assertEquals(work.state.transactions.get("half")?.outcome, "open");
  simulator.pve.inject({ kind: "lock", vmid: 201, lock: null });
  engine.wake(201);
  await host.until(() => work.state.transactions.get("half")?.outcome === "rolled_back");
  assertEquals(host.sent().at(-1), "DELETE /nodes/pve/lxc/201/snapshot/felhom-half");
});

Deno.test("what a transaction has made is made undone newest first, and nothing else", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    async prepare({ work }) {
      for (const [step, snapshot] of ["felhom-a", "felhom-b"].entries()) {
        const outcome = await carryOutStep(work, {
          ...{ origin: "selftest", source: "control socket", reference: "half" },
          action: { kind: "guest.snapshot", guest: 201, params: { snapshot, description: "" } },
          ...{ why: "Somebody asks", within: { transaction: "half", step } },
        }, signal);
        assertEquals(outcome.kind, "succeeded", JSON.stringify(outcome));
      }
    },
  });
  await host.quiet();
  assertEquals(host.work.state.transactions.get("half")?.outcome, "rolled_back");
  assertEquals(host.sent().slice(2), [
    "DELETE /nodes/pve/lxc/201/snapshot/felhom-b",
    "DELETE /nodes/pve/lxc/201/snapshot/felhom-a",
  ]);
});

for (const [when, restarted] of [["", false], [" that ended while no agent ran", true]] as const) {
  Deno.test(`after a restore${when}, the swap waits as a second step for its own signature`, async () => {
    const operators = await openOperators();
    await using simulator = await startSimulator({ ...ALIKE, timeScale: 50, taskMs: 20_000 });
    const { world } = simulator.pve;
    try {
      const anna = await operators.person("anna");
      await inFolder(async (folder) => {
        const options = { folder, on: simulator, signers: { operational: anna.line() } };
        const first = await runEngine(options);
        await first.until(() => first.engine.phase === "running");
        const taken = await first.desk.submit(await first.sign(restoreOf(simulator), anna));
        assertEquals(taken.outcome, "authorised", JSON.stringify(taken));
        if (restarted) await first.until(() => world.guests.has(250));
        else await first.quiet();
        await first.stop();
        if (restarted) assertEquals(first.work.state.pending.list(first.work.clock.now()), []);
        await first.until(() => world.tasks.all().every(({ ended }) => ended !== undefined));
        await first[Symbol.asyncDispose]();

        await using second = await runEngine(options);
        await second.quiet();
        assert(world.guests.has(201) && world.guests.has(250));
        const [wish, ...others] = second.work.state.pending.list(second.work.clock.now());
        assertEquals(others, []);
        const { document } = parseDocument(new TextEncoder().encode(wish?.document ?? ""));
        assertEquals([document.op, document.guest], ["guest.destroy", 201]);
        assert(document.reason.includes("to VMID 250"), document.reason);
      });
    } finally {
      await operators.close();
    }
  });
}

Deno.test("a guest that a restore makes is not started before the restore is seen to have ended well", async () => {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    await using host = await runEngine({
      simulator: ALIKE,
      signers: { operational: anna.line() },
      prepare: ({ want }) => void want(wanted(250, { state: "running" })),
    });
    const { engine, simulator, desk, until } = host;
    const { wire, pve: { world } } = simulator;
    await until(() => engine.phase === "running");
    // Nobody can see that its task has ended.
    const away = wire.faults.add({ path: "/status$", guest: 250, fault: { kind: "close" } });
    const taken = await desk.submit(await host.sign(restoreOf(simulator), anna));
    assert(taken.outcome === "authorised", JSON.stringify(taken));
    const stateOf = () => host.work.state.operations.get(taken.operation)?.state;
    await until(() => world.guests.has(250) && world.tasks.all().every(({ ended }) => ended));
    engine.passNow();
    await until(() => engine.obstacle(250)?.startsWith("A restore makes guest 250") === true);
    assertEquals([stateOf(), starts(host)], ["task_running", []]);
    wire.faults.remove(away);
    await until(() => {
      engine.passNow();
      return world.guest(250).running !== undefined;
    });
    assertEquals([stateOf(), starts(host).length], ["succeeded", 1]);
  } finally {
    await operators.close();
  }
});

Deno.test("what a broken restore left is not started by itself, and does what it is asked to", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    prepare({ work: { state, clock }, simulator, want }) {
      const { world } = simulator.pve;
      const { operations } = state;
      const at = clock.now();
      operations.authorise({
        ...{ id: "broken", transaction: "half", vmid: 201, action: restoreOf(simulator) },
        ...{ origin: "job", at },
        evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
      });
      operations.advance("broken", "started", { at, detail: { before: null, nodeTime: 1 } });
      operations.advance("broken", "unknown", { at, detail: { why: "nobody knows" } });
      // Nothing proves that the agent made it, so its transaction stays open.
      world.addGuest(250, world.guest(203).config);
      want(wanted(250, { state: "running" }));
    },
  });
  const { engine, desk, until, work: { state } } = host;
  await until(() => engine.obstacle(250)?.includes("operation broken cannot be shown") === true);
  assertEquals([state.transactions.get("half")?.outcome, starts(host)], ["open", []]);
  const asked = await desk.request({
    action: { kind: "guest.start", guest: 250, params: {} },
    why: "Somebody looks into it",
  });
  assertEquals(asked.outcome, "authorised", JSON.stringify(asked));
  await until(() => starts(host).length === 1);
  assertEquals(state.transactions.get("half")?.outcome, "committed", "kept, for good");
  await until(() => state.operations.unfinished().length === 0);
});

function starts(host: RunningEngine): string[] {
  return host.sent().filter((call) => call.endsWith("/status/start"));
}

/** Restores the backup of guest 201 beside it. */
function restoreOf({ pve: { world } }: Simulator): Action {
  const backup = [...world.storages.values()].flatMap(({ files }) => [...files.values()])
    .find((file) => file.kind === "backup" && file.vmid === 201)?.volid ?? "";
  const params = { backup, storage: "local-zfs", new_vmid: 250 };
  return { kind: "guest.restore_over", guest: 201, params };
}
