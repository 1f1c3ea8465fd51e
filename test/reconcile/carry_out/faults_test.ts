import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import type { Outcome } from "../../../src/reconcile/outcome.ts";
import { settle } from "../../../src/reconcile/settle.ts";
import type { Operation } from "../../../src/state/mod.ts";
import { judge } from "../../e2e/ledger/judge.ts";
import { simulatorBooks } from "../../e2e/ledger/simulator_books.ts";
import type { FaultRule } from "../../sim/mod.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

type Fault = FaultRule["fault"];

const START: Action = { kind: "guest.start", guest: 230, params: {} };
const SETTINGS: Action = {
  kind: "guest.settings",
  guest: 201,
  params: { set: { cores: 3 }, unset: [] },
};
const SNAPSHOT: Action = {
  kind: "guest.snapshot",
  guest: 201,
  params: { snapshot: "before", description: "" },
};
const ACTIONS: readonly Action[] = [START, SETTINGS, SNAPSHOT];

/** What becomes of an action under a fault that befalls its one request. */
const FAULTS: readonly (readonly [string, Fault, "succeeded" | "failed"])[] = [
  ["reset before it is read", { kind: "reset_before" }, "failed"],
  ["reset while it is worked on", { kind: "reset_during" }, "succeeded"],
  ["reset after it was done", { kind: "reset_after" }, "succeeded"],
  ["closed without an answer, and done", { kind: "close", run: true }, "succeeded"],
  ["closed without an answer, and not done", { kind: "close" }, "failed"],
  ["a 500 of no class, and done", status(500, true), "succeeded"],
  ["a 500 of no class, and not done", status(500, false), "failed"],
  ["a 596, and done", status(596, true), "succeeded"],
  ["a 596, and not done", status(596, false), "failed"],
  ["a cut answer", { kind: "truncate" }, "succeeded"],
  ["a page of somebody in between", { kind: "html" }, "failed"],
  ["a worker that hangs", { kind: "hang_worker" }, "failed"],
];

function status(status: number, run: boolean): Fault {
  return { kind: "status", status, run, body: { data: null, message: "odd things happened\n" } };
}

const signal = new AbortController().signal;

async function carryOut({ work }: OpenWork, action: Action): Promise<Outcome> {
  return await carryOutStep(work, {
    ...{ action, origin: "job", source: "control socket", reference: "1" },
    ...{ why: "Somebody asks", within: null },
  }, signal);
}

function lastOperation({ work: { state } }: OpenWork): Operation {
  const [last] = state.operations.list({ limit: 1 });
  if (last === undefined || "unreadable" in last) throw new Error("There is no operation");
  return last;
}

function waysOf({ work: { state } }: OpenWork, id: string): string {
  return state.operations.transitions(id).map((each) => each.state).join(" ");
}

/** Holds journal, request log and host against each other. */
function assertTruth(opened: OpenWork): void {
  const { problems, unknown } = judge(
    simulatorBooks(opened.work.state.operations, opened.simulator),
  );
  assertEquals(problems, []);
  assertEquals(unknown, []);
}

function mutationsSent({ simulator }: OpenWork): number {
  return simulator.wire.log.rows().filter(({ method }) => method !== "GET").length;
}

for (const action of ACTIONS) {
  Deno.test(`${action.kind} is carried out, and all of its way is in the journal`, async () => {
    await using opened = await openWork();
    const outcome = await carryOut(opened, action);
    assertEquals(outcome.kind, "succeeded", JSON.stringify(outcome));
    const { id } = lastOperation(opened);
    const task = action.kind === "guest.settings" ? "" : " task_running";
    assertEquals(waysOf(opened, id), `authorised started${task} succeeded`);
    assertTruth(opened);
  });

  for (const [what, fault, expected] of FAULTS) {
    Deno.test(`${action.kind} under ${what} is sent once, and ends ${expected}`, async () => {
      await using opened = await openWork();
      const method = action.kind === "guest.settings" ? "PUT" : "POST";
      opened.simulator.wire.faults.add({ method, count: 1, fault });
      const outcome = await carryOut(opened, action);
      assertEquals(outcome.kind, expected, JSON.stringify(outcome));
      assertEquals(mutationsSent(opened), 1);
      assertTruth(opened);
    });
  }
}

Deno.test("nothing is decided while Proxmox cannot be asked, and all of it when it can", async () => {
  await using opened = await openWork();
  const { faults } = opened.simulator.wire;
  faults.add({ method: "POST", count: 1, fault: { kind: "reset_after" } });
  const away = faults.add({ path: "/tasks", fault: { kind: "status", status: 595 } });
  const outcome = await carryOut(opened, START);
  assertEquals(outcome.kind, "running", JSON.stringify(outcome));
  assertEquals(lastOperation(opened).state, "started");
  faults.remove(away);
  const settled = await settle(opened.work, lastOperation(opened), { wait: true, signal });
  assertEquals(settled.kind, "succeeded", JSON.stringify(settled));
  assertTruth(opened);
});

Deno.test("what is refused for good fails with the code, and is not looked for", async () => {
  await using opened = await openWork();
  opened.simulator.wire.faults.add({
    method: "POST",
    fault: {
      kind: "status",
      status: 403,
      body: { data: null, message: "Permission check failed" },
    },
  });
  const outcome = await carryOut(opened, START);
  assertEquals(outcome.kind === "failed" && outcome.code, "proxmox.forbidden");
  assertEquals(waysOf(opened, lastOperation(opened).id), "authorised started failed");
});

Deno.test("a lock that the check sees leaves nothing sent, and the row says why", async () => {
  await using opened = await openWork();
  opened.simulator.pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  const outcome = await carryOut(opened, START);
  assert(outcome.kind === "not_begun" && outcome.passes, JSON.stringify(outcome));
  assertEquals(waysOf(opened, lastOperation(opened).id), "authorised abandoned");
  assertEquals(mutationsSent(opened), 0);
});

Deno.test("what cannot be written down is not sent", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const { operations } = work.state;
  const advance = operations.advance.bind(operations);
  operations.advance = (id, to, options) => {
    if (to === "started") throw new FelhomError("state.full", "Cannot begin anything new");
    advance(id, to, options);
  };
  const outcome = await carryOut(opened, START);
  assert(outcome.kind === "not_begun" && outcome.passes, JSON.stringify(outcome));
  assertEquals(mutationsSent(opened), 0);
});

Deno.test("a task whose id cannot be written down is followed, and written with its outcome", async () => {
  await using opened = await openWork();
  const { operations } = opened.work.state;
  const advance = operations.advance.bind(operations);
  operations.advance = (id, to, options) => {
    if (to === "task_running") throw new FelhomError("state.full", "The disk is full");
    advance(id, to, options);
  };
  const outcome = await carryOut(opened, START);
  assertEquals(outcome.kind, "succeeded", JSON.stringify(outcome));
  assertEquals(lastOperation(opened).upid === null, false);
  assertTruth(opened);
});

Deno.test("an outcome that cannot be written down is looked up again, and nothing is sent for it", async () => {
  await using opened = await openWork();
  const { operations } = opened.work.state;
  const advance = operations.advance.bind(operations);
  operations.advance = (id, to, options) => {
    if (to === "succeeded") throw new FelhomError("state.full", "The disk is full");
    advance(id, to, options);
  };
  assertEquals((await carryOut(opened, START)).kind, "running");
  assertEquals(lastOperation(opened).state, "task_running");
  operations.advance = advance;
  const settled = await settle(opened.work, lastOperation(opened), { wait: false, signal });
  assertEquals(settled.kind, "succeeded", JSON.stringify(settled));
  assertEquals(mutationsSent(opened), 1);
  assertTruth(opened);
});

Deno.test("a started operation whose detail cannot be read ends unknown", async () => {
  await using opened = await openWork();
  const { state, clock } = opened.work;
  state.operations.authorise({
    ...{ id: "1", transaction: null, vmid: 230, action: START, origin: "job", evidence: {} },
    at: clock.now(),
  });
  state.operations.advance("1", "started", { at: clock.now(), detail: { cut: "{" } });
  const settled = await settle(opened.work, lastOperation(opened), { wait: true, signal });
  assertEquals(settled.kind, "unknown");
  assertEquals(lastOperation(opened).state, "unknown");
});
