import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type Action, type Intent, type Origin, readAction } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import { recover } from "../../../src/reconcile/recovery/recover.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { openOperators } from "../../authz/support/operators.ts";
import { judge } from "../../e2e/ledger/judge.ts";
import { simulatorBooks } from "../../e2e/ledger/simulator_books.ts";
import { parseWorld } from "../../e2e/ledger/world_view.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { until } from "../../sim/wire/until.ts";
import { inFolder } from "../../state/state_folder.ts";
import { openWork, type OpenWorkOptions } from "../support/open_work.ts";

const UUID = "0f3a7a7e-6d2b-4a7e-9d53-1d6a2b3c4d5e";
const START: Action = { kind: "guest.start", guest: 230, params: {} };
const signal = new AbortController().signal;

/** A host on which one agent after the other goes on with one state. */
async function onHost(
  test: (host: {
    readonly simulator: Simulator;
    readonly folder: string;
    /** Runs an agent to its end. */
    readonly agent: <T>(
      life: (work: Work) => T | Promise<T>,
      options?: OpenWorkOptions,
    ) => Promise<T>;
  }) => Promise<void>,
): Promise<void> {
  await using simulator = await startSimulator({ timeScale: 50 });
  await inFolder(async (folder) => {
    await test({
      simulator,
      folder,
      async agent(life, options = {}) {
        await using opened = await openWork({ ...options, folder, on: simulator });
        return await life(opened.work);
      },
    });
  });
}

async function carryOut(work: Work, action: Action) {
  return await carryOutStep(work, {
    ...{ action, origin: "job", source: "control socket", reference: "1" },
    ...{ why: "Somebody asks", within: null },
  }, signal);
}

/** Sends an action, and ends before its answer comes; its task, if there is one, comes to its end. */
async function dieWhileSending(work: Work, { wire, pve }: Simulator, run: boolean) {
  const kind = run ? "reset_after" : "reset_before";
  wire.faults.add({ method: "POST", count: 1, fault: { kind } });
  const away = wire.faults.add({ path: "/tasks", fault: { kind: "status", status: 595 } });
  await carryOut(work, START);
  wire.faults.remove(away);
  await until(() => parseWorld(pve.snapshot()).tasks.every(({ status }) => status !== "RUNNING"));
}

function authorise(work: Work, id: string, options: {
  readonly origin?: Origin;
  readonly transaction?: string;
  readonly action?: Action;
} = {}) {
  const { origin = "job", transaction = null, action = START } = options;
  work.state.operations.authorise({
    ...{ id, transaction, vmid: action.guest, action, origin, at: work.clock.now() },
    evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
  });
}

/** An operation as it is while the helper is at it. */
function begin(work: Work, action: Action) {
  authorise(work, action.kind, { action });
  work.state.operations.advance(action.kind, "started", {
    at: work.clock.now(),
    detail: { before: null, nodeTime: null },
  });
}

function readActionOrThrow(wire: unknown): Action {
  const read = readAction(wire);
  if (!read.ok) throw new Error(read.message);
  return read.action;
}

const stateOf = (work: Work, id: string) => work.state.operations.get(id)?.state;

for (const [run, state] of [[true, "succeeded"], [false, "failed"]] as const) {
  Deno.test(`what was sent without an answer before a crash ends ${state}, and is sent once`, async () => {
    await onHost(async ({ agent, simulator }) => {
      await agent((work) => dieWhileSending(work, simulator, run));
      await agent(async (work) => {
        // A second one is read after the first.
        authorise(work, "planned", { origin: "desired" });
        const report = await recover(work, { signal });
        assertEquals([report.bad, report.running, report.doubt], [[], [], null]);
        const [, first] = work.state.operations.list();
        assert(first !== undefined && !("unreadable" in first));
        assertEquals(first.state, state);
        assertEquals(judge(simulatorBooks(work.state.operations, simulator)).problems, []);
      });
    });
  });
}

Deno.test("a task that runs on is found, and left to who works on its guest", async () => {
  await onHost(async ({ agent, simulator }) => {
    await agent((work) => dieWhileSending(work, simulator, true));
    await agent(async (work) => {
      const [row] = work.state.operations.unfinished();
      assert(row !== undefined && !("unreadable" in row));
      const [task] = await work.eyes.reads.tasks({ type: "vzstart", limit: 1 });
      const asked = work.eyes.reads.taskStatus;
      let looks = 0;
      const reads = {
        ...work.eyes.reads,
        taskStatus: async (...args: Parameters<typeof asked>) => {
          looks++;
          const { exitstatus: _, ...status } = await asked(...args);
          return { ...status, status: "running" };
        },
      };
      const report = await recover({ ...work, eyes: { ...work.eyes, reads } }, { signal });
      assertEquals(report.running, [row.id]);
      assertEquals(looks, 2, "one as it is found, one to see whether it runs");
      assertEquals(work.state.operations.get(row.id)?.upid, task?.upid);
      assertEquals(report.doubt, null);
    });
  });
});

Deno.test("work of the helper, which may take long yet, is left to who works there: all else is recovered", async () => {
  const golden: Action = {
    kind: "golden.create",
    guest: 290,
    params: {
      template: "local:vztmpl/debian-12-standard_12.12-1_amd64.tar.zst",
      hostname: "golden",
      ...{ cores: 2, memory: 1024, rootfs: { storage: "local-zfs", gib: 8 } },
    },
  };
  await onHost(async ({ agent, simulator }) => {
    await agent((work) => {
      for (const action of [golden, { kind: "disk.mount", guest: null, params: { uuid: UUID } }]) {
        begin(work, readActionOrThrow(action));
      }
    });
    await agent((work) => dieWhileSending(work, simulator, true));
    await agent(async (work) => {
      const slept: number[] = [];
      const sleep = (ms: number, given?: AbortSignal) => {
        slept.push(ms);
        return work.clock.sleep(ms, given);
      };
      const report = await recover({ ...work, clock: { ...work.clock, sleep } }, { signal });
      const states = work.state.operations.list().map((row) =>
        "unreadable" in row ? row.unreadable : `${row.kind} ${row.state}`
      );
      assertEquals(states, [
        ...["guest.start succeeded", "disk.mount started", "golden.create started"],
      ]);
      assertEquals([slept, report.bad, report.doubt], [[], [], null]);
    });
  });
});

Deno.test("what was authorised and not begun is kept for a job, and given up for all else", async () => {
  await onHost(async ({ agent }) => {
    await agent(async (work) => {
      const origins = ["job", "desired", "selftest", "recovery"] as const;
      for (const origin of origins) authorise(work, origin, { origin });
      await recover(work, { signal });
      assertEquals(
        origins.map((id) => stateOf(work, id)),
        ["authorised", "abandoned", "abandoned", "abandoned"],
      );
    });
  });
});

Deno.test("a signed operation is verified again: kept, or given up once its document has ended", async () => {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    const signers = { operational: anna.line() };
    await using opened = await openWork({ signers });
    const { work } = opened;
    const action: Action = { kind: "guest.destroy", guest: 230, params: { purge: true } };
    const submission = await opened.sign(action, anna);
    const intent: Intent = {
      ...{ action, origin: "job", source: "control socket", reference: "1", transaction: null },
      evidence: { why: "Somebody asks", digest: null, observedAt: 1 },
    };
    const facts = await work.facts(action, signal);
    const answer = work.gate.authorise(intent, submission, facts);
    assert(answer.outcome === "authorised", JSON.stringify(answer));
    const { operation } = answer.authorisation;
    await recover(work, { signal });
    assertEquals(stateOf(work, operation), "authorised");

    const later = { ...work.clock, now: () => work.clock.now() + 2 * 60 * 60_000 };
    await using second = await openWork({
      ...{ signers, clock: later, on: opened.simulator },
      folder: await copyOf(opened.folder),
    });
    await recover(second.work, { signal });
    assertEquals(stateOf(second.work, operation), "abandoned");
    const [, given] = second.work.state.operations.transitions(operation);
    assertStringIncludes(JSON.stringify(given?.detail), "was valid until");
    await Deno.remove(second.folder, { recursive: true });

    // A doubt passes by an operator's hand: until then what was signed waits.
    work.state.instances.doubt("It was restored from a backup", work.clock.now());
    await recover(work, { signal });
    assertEquals(stateOf(work, operation), "authorised");
  } finally {
    await operators.close();
  }
});

Deno.test("a row that cannot be read is told, and keeps no other from being recovered", async () => {
  await onHost(async ({ agent, folder }) => {
    await agent((work) => {
      authorise(work, "bad");
      authorise(work, "planned", { origin: "desired" });
    });
    using database = new DatabaseSync(`${folder}/state.db`);
    database.exec("UPDATE operation SET action = '{' WHERE id = 'bad'");
    database.close();
    await agent(async (work) => {
      const { bad } = await recover(work, { signal });
      assertEquals(bad.length, 1);
      assertStringIncludes(bad[0] ?? "", "cannot be read");
      assertEquals(stateOf(work, "planned"), "abandoned");
    });
  });
});

Deno.test("a node that does not answer is asked until it does, and nothing is decided before", async () => {
  await onHost(async ({ agent, simulator }) => {
    await agent((work) => dieWhileSending(work, simulator, true));
    simulator.wire.faults.add({
      ...{ path: "/tasks", count: 12 },
      fault: { kind: "status", status: 595 },
    });
    await agent(async (work) => {
      const seen: (string | undefined)[] = [];
      const [row] = work.state.operations.unfinished();
      assert(row !== undefined && !("unreadable" in row));
      await recover(work, { signal, advanced: () => seen.push(stateOf(work, row.id)) });
      assertEquals(seen[0], "started");
      assert(seen.length > 2, seen.join(" "));
      assertEquals(stateOf(work, row.id), "succeeded");
    });
  });
});

Deno.test("open transactions are told, and left to who works on their guest", async () => {
  await onHost(async ({ agent, simulator }) => {
    await agent(async (work) => {
      authorise(work, "one", { origin: "selftest", transaction: "a" });
      const { open } = await recover(work, { signal });
      assertEquals([open, stateOf(work, "one")], [["a"], "abandoned"]);
      assertEquals(work.state.transactions.get("a")?.outcome, "open");
    });
    assert(simulator.wire.log.rows().every(({ method }) => method === "GET"));
  });
});

Deno.test("while no node answers, recovery is alive once in 72 seconds: it does not fall asleep under the watchdog", async () => {
  await using opened = await openWork();
  const { work, work: { eyes, clock } } = opened;
  const pauses: number[] = [];
  let advances = 0;
  const tasks = () =>
    pauses.length < 20
      ? Promise.reject(new FelhomError("proxmox.refused", "Nobody is there"))
      : Promise.resolve([]);
  await recover({
    ...work,
    eyes: { ...eyes, reads: { ...eyes.reads, tasks } },
    random: () => 1,
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms) => Promise.resolve(void pauses.push(ms)),
    },
  }, { signal, advanced: () => void advances++ });
  assertEquals([pauses.length, advances], [20, 21]);
  assertEquals([pauses[0], Math.max(...pauses)], [2_400, 72_000]);
});

/** Recovers with a list of tasks that fails so, and nothing slept. @returns how often that was asked for */
async function recoverWithout(tasks: () => Promise<never>, until: AbortSignal): Promise<number> {
  await using opened = await openWork();
  const { work, work: { eyes, clock } } = opened;
  let asked = 0;
  const reads = {
    ...eyes.reads,
    tasks: () => {
      asked++;
      return tasks();
    },
  };
  await recover({
    ...work,
    eyes: { ...eyes, reads },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: () => asked < 3 ? Promise.resolve() : Promise.reject(new Error("It never ends")),
    },
  }, { signal: until });
  return asked;
}

Deno.test("recovery that is told to end while it asks ends, and says nothing of how the asking did", async () => {
  const stopping = new AbortController();
  const asked = await recoverWithout(() => {
    stopping.abort();
    return Promise.reject(stopping.signal.reason);
  }, stopping.signal);
  assertEquals(asked, 1);
});

Deno.test("recovery asks again when the node did not answer, and for no other error", async () => {
  const spoiled = new FelhomError("state.damaged", "The state is damaged");
  for (const error of [spoiled, new RangeError("a bug")]) {
    const thrown = await assertRejects(() => recoverWithout(() => Promise.reject(error), signal));
    assertEquals(thrown, error);
  }
});

async function copyOf(folder: string): Promise<string> {
  const copy = await Deno.makeTempDir({ prefix: "felhom-work-" });
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.startsWith("state.db")) {
      await Deno.copyFile(`${folder}/${name}`, `${copy}/${name}`);
    }
  }
  return copy;
}
