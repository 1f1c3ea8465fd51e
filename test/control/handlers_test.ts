import { assertEquals, assertRejects } from "@std/assert";
import type * as z from "zod";
import * as answers from "../../src/control/answers.ts";
import { askDaemon } from "../../src/control/client.ts";
import { createHandlers } from "../../src/control/handlers.ts";
import { journalPage, operationStory } from "../../src/control/journal.ts";
import type { ControlQuestion } from "../../src/control/protocol.ts";
import { FelhomError } from "../../src/errors.ts";
import type { Commands } from "../../src/reconcile/commands/commands.ts";
import type { State } from "../../src/state/mod.ts";
import { operation, signed } from "../state/operation.ts";
import { withState } from "../state/state_folder.ts";
import { withControl } from "./support/control_host.ts";
import { fakeCommands } from "./support/fake_commands.ts";

const APPLIED = {
  provider: "local",
  revision: "7",
  accepted: true,
  guests: 1,
  plan: "start 101",
  steps: 1,
};
const REPORT = {
  id: "t1",
  vmid: 101,
  outcome: "open",
  steps: [{
    operation: "o1",
    kind: "guest.snapshot",
    state: "started",
    compensates: null,
    why: null,
  }],
  problem: null,
} as const;
const CONVERGENCE = {
  provider: "local",
  revision: "7",
  guests: 2,
  converged: 1,
  waiting: [{ vmid: 101, why: "It is locked.", steps: 0 }],
  quarantined: [],
  told: [{ vmid: 101, code: "locked", message: "It is locked." }],
} as const;

/** Asks over a real socket, a real state and the given engine behind it. */
async function withDaemon(
  commands: Partial<Commands>,
  test: (
    ask: <T>(question: ControlQuestion, schema: z.ZodType<T>) => Promise<T>,
    state: State,
  ) => Promise<void>,
): Promise<void> {
  await withState(async (state) => {
    const handlers = createHandlers({
      commands: fakeCommands(commands),
      state,
      status: () => ({ fine: true }),
      clock: { now: () => 2_000 },
    });
    await withControl(handlers, async ({ path }) => {
      await test(async (question, schema) => schema.parse(await askDaemon(path, question)), state);
    });
  });
}

Deno.test("What the engine answers arrives as it is", async () => {
  const commands: Partial<Commands> = {
    apply: (text, { dryRun }) => Promise.resolve({ ...APPLIED, plan: `${text} ${dryRun}` }),
    request: () =>
      Promise.resolve({ outcome: "pending_signature", why: "It destroys.", kept: "added" }),
    why: (vmid) => `Guest ${vmid} waits.`,
    transaction: () => REPORT,
    convergence: () => CONVERGENCE,
    selftest: (vmid) =>
      Promise.resolve({ transaction: "t1", vmid: vmid ?? 299, told: ["Guest 298 is left"] }),
    stopSelftest: (transaction) => transaction === "t1",
    acknowledge: () => ({ instance: "new" }),
  };
  await withDaemon(commands, async (ask) => {
    assertEquals(
      await ask({ op: "apply", text: "…\u0000", dry_run: true }, answers.applied),
      { ...APPLIED, plan: "…\u0000 true" },
    );
    assertEquals(
      await ask({ op: "request", wish: {} }, answers.taken),
      { outcome: "pending_signature", why: "It destroys.", kept: "added" },
    );
    assertEquals(await ask({ op: "why", vmid: 101 }, answers.reason), { why: "Guest 101 waits." });
    const transaction = await ask(
      { op: "transaction", transaction: "t1" },
      answers.transactionReport,
    );
    assertEquals(transaction, { ...REPORT, steps: [...REPORT.steps] });
    assertEquals(await ask({ op: "convergence" }, answers.convergence), {
      ...CONVERGENCE,
      waiting: [...CONVERGENCE.waiting],
      quarantined: [],
      told: [...CONVERGENCE.told],
    });
    for (const vmid of [101, null]) {
      assertEquals(await ask({ op: "selftest", vmid }, answers.selftestBegun), {
        transaction: "t1",
        vmid: vmid ?? 299,
        told: ["Guest 298 is left"],
      });
    }
    for (const [transaction, stopped] of [["t1", true], ["t2", false]] as const) {
      const answer = await ask({ op: "selftest_stop", transaction }, answers.selftestStopped);
      assertEquals(answer, { stopped });
    }
    assertEquals(await ask({ op: "state_ack" }, answers.acknowledged), { instance: "new" });
  });
});

Deno.test("A document arrives byte for byte, with its signatures", async () => {
  const document = '{\n  "reason": "é \u{1F600} \\" \\\\ \u2028"\n}\n';
  const seen: unknown[] = [];
  const submit: Commands["submit"] = ({ document, signatures }) => {
    seen.push([new TextDecoder().decode(document), signatures]);
    return Promise.resolve({ outcome: "authorised", operation: "o1", vmid: 101 });
  };
  await withDaemon({ submit }, async (ask) => {
    const signatures = ["a\nb\n", "c\n"];
    assertEquals(
      await ask({ op: "submit", document, signatures }, answers.taken),
      { outcome: "authorised", operation: "o1", vmid: 101 },
    );
    assertEquals(seen, [[document, signatures]]);
  });
});

Deno.test("The plan is made of the desired state that is stored, and stores nothing", async () => {
  const calls: unknown[] = [];
  const apply: Commands["apply"] = (text, options) => {
    calls.push([text, options]);
    return Promise.resolve({ ...APPLIED, accepted: false });
  };
  await withDaemon({ apply }, async (ask, state) => {
    assertEquals(await ask({ op: "plan" }, answers.planned), null);
    const common = { provider: "local", digest: "d", acceptedAt: 1 };
    state.desired.accept({ ...common, revision: "1", document: "old" });
    state.desired.accept({ ...common, revision: "2", document: "new" });
    assertEquals(await ask({ op: "plan" }, answers.planned), { ...APPLIED, accepted: false });
    assertEquals(calls, [["new", { dryRun: true }]]);
  });
});

Deno.test("The journal is read newest first, by guest and page by page, with its sentences", async () => {
  await withDaemon({}, async (ask, state) => {
    const evidence = { why: "It is stopped, desired running", source: "control socket" };
    state.operations.authorise(operation("a", { vmid: 101, evidence }));
    state.operations.authorise(operation("b", { vmid: 102 }));
    state.operations.authorise(operation("c", { vmid: 101, signed: signed("n") }));
    state.operations.advance("a", "started", { at: 1_100 });
    state.operations.advance("a", "failed", {
      at: 1_200,
      detail: { why: "CT is locked (backup)" },
    });
    const ids = async (query: { vmid?: number; before?: number; limit: number }) =>
      (await ask({ op: "journal", ...query }, journalPage)).operations.map((row) =>
        "id" in row ? row.id : "unreadable"
      );
    assertEquals(await ids({ limit: 100 }), ["c", "b", "a"]);
    assertEquals(await ids({ limit: 2 }), ["c", "b"]);
    assertEquals(await ids({ limit: 100, vmid: 101 }), ["c", "a"]);
    const { operations } = await ask({ op: "journal", limit: 100, before: 2 }, journalPage);
    assertEquals(operations, [{
      seq: 1,
      id: "a",
      vmid: 101,
      kind: "guest.start",
      state: "failed",
      origin: "desired",
      source: "control socket",
      why: "It is stopped, desired running",
      said: "CT is locked (backup)",
      transaction: null,
      compensates: null,
      upid: null,
      createdAt: 1_000,
      changedAt: 1_200,
    }]);
  });
});

Deno.test("An operation is told with its whole way, and whether it was signed", async () => {
  await withDaemon({}, async (ask, state) => {
    state.operations.authorise(operation("a", { signed: signed("n") }));
    state.operations.advance("a", "started", { at: 1_100, detail: { task: 1 } });
    const story = await ask({ op: "operation", operation: "a" }, operationStory);
    assertEquals(story.signed, true);
    assertEquals(story.transitions, [
      { state: "authorised", at: 1_000, upid: null, detail: null },
      { state: "started", at: 1_100, upid: null, detail: { task: 1 } },
    ]);
  });
});

Deno.test("The head of the audit log is told, and written down as kept elsewhere", async () => {
  await withDaemon({}, async (ask, state) => {
    const none = await ask({ op: "audit_head" }, answers.auditHead);
    assertEquals(none, { seq: 0, hash: "00".repeat(32), at: 2_000, instance: "a" });
    const { seq, hash } = state.audit.append({ at: 1, kind: "state.acknowledged", body: {} });
    state.audit.append({ at: 1, kind: "x", body: {} });
    const prune = {
      ...{ at: 5, before: 0, lastingBefore: 10, limit: 100 },
      keep: { benign: 0, refused: 0, submission: 0 },
    };
    assertEquals(state.audit.prune(prune), 0);
    const head = await ask({ op: "audit_head" }, answers.auditHead);
    assertEquals([seq, head.seq], [1, 2]);
    assertEquals(state.audit.verify({ seq: head.seq, hash: Uint8Array.fromHex(head.hash) }), {
      ...{ holds: true, links: 2, head: state.audit.head(), expected: "found" },
    });
    assertEquals(state.audit.prune(prune), 1);
    assertEquals(state.audit.verify({ seq, hash }).holds, true);
  });
});

Deno.test("What is not there is said to be missing", async () => {
  await withDaemon({ transaction: () => undefined }, async (ask) => {
    for (
      const question of [
        { op: "operation", operation: "x" },
        { op: "transaction", transaction: "x" },
      ] as const
    ) {
      const error = await assertRejects(() => ask(question, operationStory), FelhomError);
      assertEquals(error.code, "state.missing");
    }
  });
});

Deno.test("What waits for a signature is listed as the state has it, while it lasts", async () => {
  await withDaemon({}, async (ask, state) => {
    const wish = { source: "hub", kind: "guest.destroy", vmid: 101, document: "d", reason: "r" };
    state.pending.add({ ...wish, key: "a", at: 1_000, expiresAt: 1_500 });
    state.pending.add({ ...wish, key: "b", at: 1_000, expiresAt: 3_000 });
    const { pending } = await ask({ op: "pending" }, answers.pendingList);
    assertEquals(pending.map(({ id, document }) => [id, document]), [[2, "d"]]);
  });
});
