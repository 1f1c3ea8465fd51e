import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { FelhomError } from "../../src/errors.ts";
import { OPERATION_STATES } from "../../src/state/operation_state.ts";
import type { OperationState, State } from "../../src/state/mod.ts";
import { operation, signed } from "./operation.ts";
import { inFolder, openIn, withState } from "./state_folder.ts";

/** A way to each state. */
const WAYS: Readonly<Record<OperationState, readonly OperationState[]>> = {
  authorised: [],
  started: ["started"],
  task_running: ["started", "task_running"],
  succeeded: ["started", "task_running", "succeeded"],
  failed: ["started", "failed"],
  unknown: ["started", "unknown"],
  abandoned: ["abandoned"],
};

/** All that may be; what is not here may not. */
const LEGAL = new Set([
  "authorised→started",
  "authorised→abandoned",
  "started→task_running",
  "started→succeeded",
  "started→failed",
  "started→unknown",
  "task_running→succeeded",
  "task_running→failed",
  "task_running→unknown",
]);

function refusal(work: () => unknown): string {
  return assertThrows(work, FelhomError).code;
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return "done";
  } catch (error) {
    if (error instanceof FelhomError) return error.code;
    throw error;
  }
}

function walk(state: State, id: string, way: readonly OperationState[]): void {
  state.operations.authorise(operation(id));
  way.forEach((to, index) => state.operations.advance(id, to, { at: 2000 + index }));
}

Deno.test("What of a guest was signed is told apart from all else, open and when it last changed", async () => {
  await withState((state) => {
    const { operations } = state;
    assertEquals(operations.signedOf(101), { open: false, lastAt: null });
    operations.authorise(operation("unsigned", { vmid: 101, at: 900 }));
    operations.authorise(operation("other", { vmid: 102, at: 950, signed: signed("N1") }));
    assertEquals(operations.signedOf(101), { open: false, lastAt: null });
    operations.authorise(operation("first", { vmid: 101, at: 1000, signed: signed("N2") }));
    assertEquals(operations.signedOf(101), { open: true, lastAt: 1000 });
    operations.advance("first", "started", { at: 2000 });
    assertEquals(operations.signedOf(101), { open: true, lastAt: 2000 });
    operations.advance("first", "succeeded", { at: 3000 });
    assertEquals(operations.signedOf(101), { open: false, lastAt: 3000 });
    operations.authorise(operation("second", { vmid: 101, at: 2500, signed: signed("N3") }));
    assertEquals(operations.signedOf(101), { open: true, lastAt: 3000 });
  });
});

Deno.test("An operation takes the steps the design names, and no other", async () => {
  await withState((state) => {
    const found: string[] = [];
    for (const from of OPERATION_STATES) {
      for (const to of OPERATION_STATES) {
        const id = `${from}→${to}`;
        walk(state, id, WAYS[from]);
        const before = state.operations.transitions(id).length;
        const code = codeOf(() => state.operations.advance(id, to, { at: 3000 }));
        const legal = code === "done";
        if (legal) found.push(id);
        else assertEquals(code, "state.illegal_transition", id);
        assertEquals(state.operations.get(id)?.state, legal ? to : from);
        assertEquals(state.operations.transitions(id).length, before + (legal ? 1 : 0));
      }
    }
    assertEquals(new Set(found), LEGAL);
  });
});

Deno.test("What was written is read again, byte for byte", async () => {
  await withState((state) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    state.operations.authorise(operation("a", { transaction: "t" }));
    const written = operation("b", {
      transaction: "t",
      step: 1,
      compensates: "a",
      vmid: null,
      action: { kind: "disk.mount" },
      origin: "recovery",
      evidence: { why: "é\u0000\n", list: [1, null] },
      signed: signed("n", { bytes, signatures: ["one\r\n", "two"] }),
    });
    state.operations.authorise(written);
    state.operations.advance("b", "started", { at: 1 });
    state.operations.advance("b", "task_running", { at: 2, upid: "UPID:x" });
    state.operations.advance("b", "failed", { at: 3, detail: { exitstatus: "no" } });
    const { seq: _, ...read } = state.operations.get("b") ?? { seq: 0 };
    assertEquals(read, {
      id: "b",
      transaction: "t",
      step: 1,
      compensates: "a",
      vmid: null,
      kind: "disk.mount",
      action: { kind: "disk.mount" },
      origin: "recovery",
      evidence: { why: "é\u0000\n", list: [1, null] },
      createdAt: 1000,
      state: "failed",
      changedAt: 3,
      upid: "UPID:x",
    });
    assertEquals(
      state.operations.document("b"),
      signed("n", { bytes, signatures: ["one\r\n", "two"] }),
    );
    assertEquals(state.operations.document("a"), undefined);
    assertEquals(state.operations.transitions("b"), [
      { state: "authorised", at: 1000, upid: null, detail: null },
      { state: "started", at: 1, upid: null, detail: null },
      { state: "task_running", at: 2, upid: "UPID:x", detail: null },
      { state: "failed", at: 3, upid: null, detail: { exitstatus: "no" } },
    ]);
    assertEquals(state.operations.ofTransaction("t").map(({ id }) => id), ["a", "b"]);
  });
});

Deno.test("A nonce is used once, with what it authorises or not at all", async () => {
  await withState((state) => {
    const { operations, nonces } = state;
    operations.authorise(operation("a", { transaction: "t-a", signed: signed("n") }));
    assertEquals(nonces.usedBy("n"), "a");
    assertEquals(
      refusal(() => operations.authorise(operation("b", { signed: signed("n") }))),
      "state.nonce_used",
    );
    assertEquals(operations.get("b"), undefined);
    // The id is taken: nothing of it is written, and the nonce is not burnt.
    const taken = operation("a", { signed: signed("other") });
    assertEquals(refusal(() => operations.authorise(taken)), "internal.bug");
    assertEquals(nonces.usedBy("other"), undefined);
    // The transaction has ended.
    state.transactions.close("t-a", "committed", 5);
    const late = operation("c", { transaction: "t-a", signed: signed("late") });
    assertEquals(refusal(() => operations.authorise(late)), "state.closed");
    assertEquals(nonces.usedBy("late"), undefined);
    // The work around it fails.
    assertThrows(
      () =>
        state.transaction(() => {
          operations.authorise(operation("d", { signed: signed("around") }));
          throw new RangeError("Cannot go on");
        }),
      RangeError,
    );
    assertEquals([nonces.usedBy("around"), operations.get("d")], [undefined, undefined]);
  });
});

Deno.test("A nonce stays used over restarts", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      opened.state.operations.authorise(operation("a", { signed: signed("n") }));
    }
    using again = openIn(folder);
    const replay = operation("b", { signed: signed("n") });
    assertEquals(refusal(() => again.state.operations.authorise(replay)), "state.nonce_used");
  });
});

Deno.test("What has not ended of a guest is told oldest first, and each guest has its own", async () => {
  await withState(({ operations }) => {
    for (const [id, vmid] of [["a", 101], ["b", 102], ["c", 101], ["h", null]] as const) {
      operations.authorise(operation(id, { vmid }));
    }
    const open = (vmid: number | null) =>
      operations.unfinishedOf(vmid).map(({ id, state }) => `${id} ${state}`);
    assertEquals(open(101), ["a authorised", "c authorised"]);
    assertEquals([open(102), open(103), open(null)], [["b authorised"], [], ["h authorised"]]);
    operations.advance("a", "started", { at: 1 });
    assertEquals(open(101), ["a started", "c authorised"]);
    operations.advance("c", "abandoned", { at: 1 });
    operations.advance("a", "succeeded", { at: 1 });
    assertEquals(open(101), []);
  });
});

Deno.test("A restore is known by the VMID that it makes, from its beginning to its end, and that of its transaction", async () => {
  await withState(({ operations, transactions }) => {
    const restore = (guest: number, new_vmid: number) => ({
      ...{ kind: "guest.restore_over", guest },
      params: { backup: "local:backup/b", storage: "local", new_vmid },
    });
    for (const [id, vmid] of [["a", 101], ["b", 102]] as const) {
      operations.authorise(operation(id, { vmid, action: restore(vmid, vmid + 900) }));
    }
    operations.authorise(operation("other", { vmid: 1001 }));
    operations.advance("other", "started", { at: 1 });
    const made = () => [1001, 1002, 101].map((vmid) => operations.restoringTo(vmid));
    const running = { id: "a", transaction: null, ended: false };
    assertEquals(made(), [undefined, undefined, undefined]);
    operations.advance("a", "started", { at: 1 });
    assertEquals(made(), [running, undefined, undefined]);
    operations.advance("a", "task_running", { at: 1, upid: "UPID:x" });
    assertEquals(made(), [running, undefined, undefined]);
    operations.advance("a", "succeeded", { at: 1 });
    assertEquals(made(), [undefined, undefined, undefined]);
    operations.authorise(
      operation("c", { vmid: 103, transaction: "t", action: restore(103, 1003) }),
    );
    operations.advance("c", "started", { at: 1 });
    operations.advance("c", "failed", { at: 1 });
    assertEquals(operations.restoringTo(1003), { id: "c", transaction: "t", ended: true });
    transactions.close("t", "rolled_back", 1);
    assertEquals(operations.restoringTo(1003), undefined);
  });
});

Deno.test("A row that cannot be read hides no other from recovery", async () => {
  await inFolder((folder) => {
    {
      using opened = openIn(folder);
      for (const id of ["a", "b", "c"]) opened.state.operations.authorise(operation(id));
      opened.state.operations.advance("c", "started", { at: 1 });
    }
    {
      using database = new DatabaseSync(`${folder}/state.db`);
      database.exec("UPDATE operation SET evidence = '{' WHERE id = 'b'");
    }
    using again = openIn(folder);
    const [a, b, c, ...none] = again.state.operations.unfinished();
    assertEquals([a && "id" in a && a.id, c && "id" in c && c.state, none], ["a", "started", []]);
    assertEquals(b, { seq: 2, unreadable: "evidence: is no JSON" });
    assertEquals(refusal(() => again.state.operations.get("b")), "state.damaged");
    // It can still be ended.
    again.state.operations.advance("b", "abandoned", { at: 2 });
    assertEquals(again.state.operations.unfinished().length, 2);
  });
});

Deno.test("The journal is listed newest first, a page at a time, of one guest or of all", async () => {
  await withState(({ operations }) => {
    for (let index = 0; index < 6; index++) {
      operations.authorise(operation(`o${index}`, { vmid: 100 + index % 2 }));
    }
    const ids = (rows: readonly object[]) => rows.map((row) => "id" in row ? row.id : "");
    assertEquals(ids(operations.list({ limit: 2 })), ["o5", "o4"]);
    assertEquals(ids(operations.list({ before: 5, limit: 2 })), ["o3", "o2"]);
    assertEquals(ids(operations.list({ vmid: 101 })), ["o5", "o3", "o1"]);
  });
});

Deno.test("A transaction of the agent ends once, and nothing joins it after", async () => {
  await withState((state) => {
    state.operations.authorise(operation("a", { transaction: "t" }));
    assertEquals(state.transactions.open().map(({ id }) => id), ["t"]);
    state.transactions.close("t", "rolled_back", 9);
    assertEquals(state.transactions.get("t"), {
      ...{ id: "t", vmid: 101, openedAt: 1000, closedAt: 9, outcome: "rolled_back" },
    });
    assertEquals(state.transactions.open(), []);
    for (const outcome of ["committed", "rolled_back"] as const) {
      assertEquals(refusal(() => state.transactions.close("t", outcome, 10)), "state.closed");
    }
    assertEquals(refusal(() => state.transactions.close("never", "committed", 1)), "state.closed");
  });
});

Deno.test("Work of a database transaction cannot wait", async () => {
  await withState((state) => {
    const waiting = () =>
      state.transaction(async () => {
        state.timeMark.raise(5);
        await Promise.resolve();
      });
    assertEquals(refusal(waiting), "internal.bug");
    assertEquals(state.timeMark.get(), undefined);
  });
});

Deno.test("Budgets count what was or may have been sent, by kind and since a time", async () => {
  await withState(({ operations }) => {
    const stop = { action: { kind: "guest.stop" } };
    operations.authorise(operation("old", { ...stop, at: 99 }));
    operations.authorise(operation("a", { ...stop, at: 100, vmid: 102 }));
    operations.authorise(operation("never", { ...stop, at: 101 }));
    operations.advance("never", "abandoned", { at: 102 });
    operations.authorise(operation("other", { at: 103 }));
    operations.authorise(operation("b", { action: { kind: "guest.shutdown" }, at: 104 }));
    assertEquals(operations.times(["guest.stop", "guest.shutdown"], 100), [
      { vmid: 102, at: 100 },
      { vmid: 101, at: 104 },
    ]);
    assertEquals(operations.times([], 0), []);
    for (const mode of ["snapshot", "suspend", "stop"]) {
      const action = { kind: "guest.backup", params: { mode } };
      operations.authorise(operation(mode, { action, at: mode.length }));
    }
    assertEquals(operations.times(["guest.backup"], 0), [{ vmid: 101, at: "stop".length }]);
  });
});

Deno.test("Operations are counted by the state that they came to, and since when", async () => {
  await withState(({ operations }) => {
    for (const [id, at] of [["old", 9], ["a", 10], ["b", 11]] as const) {
      operations.authorise(operation(id, { at: 1 }));
      operations.advance(id, "started", { at: 2 });
      operations.advance(id, "unknown", { at });
    }
    operations.authorise(operation("other", { at: 12 }));
    const counts = (["unknown", "authorised", "failed"] as const)
      .map((state) => operations.count(state, 10));
    assertEquals(counts, [2, 1, 0]);
  });
});

Deno.test("A detail of any length is recorded, and kept short", async () => {
  await withState(({ operations }) => {
    operations.authorise(operation("a"));
    operations.advance("a", "started", { at: 1 });
    operations.advance("a", "failed", { at: 2, detail: { log: "x".repeat(1_000_000) } });
    const last = operations.transitions("a").at(-1);
    assertEquals(last?.state, "failed");
    assertEquals(JSON.stringify(last?.detail).length < 20_000, true);
    assertEquals(JSON.stringify(last?.detail).startsWith('{"cut":"{'), true);
  });
});

Deno.test("Of those that ended only the newest stay, and none that has not ended goes", async () => {
  await withState(({ operations }) => {
    for (let number = 0; number < 10; number++) {
      operations.authorise(operation(`o${number}`));
      if (number !== 1) operations.advance(`o${number}`, "abandoned", { at: 1 });
    }
    assertEquals(operations.prune({ before: 0, until: 0, keep: 4, lastingBefore: 0, limit: 2 }), 2);
    assertEquals(
      operations.prune({ before: 0, until: 0, keep: 4, lastingBefore: 0, limit: 100 }),
      3,
    );
    const left = operations.list().map((row) => "id" in row ? row.id : "");
    assertEquals(left, ["o9", "o8", "o7", "o6", "o1"]);
  });
});
