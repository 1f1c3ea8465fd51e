import { assertEquals } from "@std/assert";
import { type Action, readAction } from "../../../src/action/mod.ts";
import { callOf, lostCalls } from "../../../src/reconcile/recovery/lost_calls.ts";
import type { State } from "../../../src/state/mod.ts";
import { withState } from "../../state/state_folder.ts";

const AT = 1_796_000_000_000;
const NODE = AT / 1000;
const MINUTE = 60_000;

const START: Action = { kind: "guest.start", guest: 230, params: {} };

function action(wire: unknown): Action {
  const read = readAction(wire);
  if (!read.ok) throw new Error(read.message);
  return read.action;
}

const PRUNE = action({
  kind: "guest.prune",
  guest: 230,
  params: {
    backups: ["local", "nas"].map((storage) =>
      `${storage}:backup/vzdump-lxc-230-2026_11_20-10_00_00.tar.zst`
    ),
  },
});

/** An operation that was begun at AT, and ended some time later without a task's id. */
function begin(state: State, it: Action, ended: number | null): void {
  const id = `${it.kind} ${ended}`;
  state.operations.authorise({
    ...{ id, transaction: null, vmid: it.guest, action: it, origin: "job", at: AT },
    evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
  });
  state.operations.advance(id, "started", {
    at: AT,
    detail: { before: null, nodeTime: NODE },
  });
  if (ended !== null) state.operations.advance(id, "failed", { at: AT + ended });
}

const whiles = (state: State) =>
  lostCalls(state).map(({ from, until }) => [from - NODE, until - NODE]);

Deno.test("A call starts its task within 80 seconds of its intent, however long the work then takes", async () => {
  await withState((state) => {
    begin(state, START, 30 * MINUTE);
    assertEquals(lostCalls(state), [
      { types: ["vzstart", "hastart"], ids: ["230"], from: NODE - 2, until: NODE + 82 },
    ]);
  });
});

Deno.test("Deleting one backup after the other starts tasks as long as it works, and not longer than it may", async () => {
  for (
    const [ended, seconds] of [
      [0, 82],
      [MINUTE, 142],
      // A clock that was set back or ahead meanwhile.
      [-MINUTE, 82],
      [30 * 24 * 60 * MINUTE, 20 * 60 + 82],
      [null, 20 * 60 + 82],
    ] as const
  ) {
    await withState((state) => {
      begin(state, PRUNE, ended);
      assertEquals(whiles(state), [[-2, seconds]]);
      assertEquals(lostCalls(state)[0]?.ids, ["230@local", "230@nas"]);
    });
  }
});

Deno.test("What was not begun, has its task's id or starts none explains nothing", async () => {
  await withState((state) => {
    begin(state, START, null);
    state.operations.advance("guest.start null", "task_running", { at: AT, upid: "UPID:x" });
    begin(
      state,
      { kind: "guest.settings", guest: 230, params: { set: { cores: 2 }, unset: [] } },
      1,
    );
    state.operations.authorise({
      ...{ id: "kept", transaction: null, vmid: 230, action: START, origin: "job", at: AT },
      evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
    });
    assertEquals(lostCalls(state), []);
  });
});

Deno.test("No call is known of an operation that did not begin, cannot be read, or asked no node", async () => {
  await withState((state) => {
    const authorise = (id: string, it: { readonly kind: string }) =>
      state.operations.authorise({
        ...{ id, transaction: null, vmid: 230, action: it, origin: "job", at: AT, evidence: {} },
      });
    authorise("not begun", START);
    state.operations.advance("not begun", "abandoned", { at: AT });
    authorise("unreadable", { kind: "guest.start" });
    state.operations.advance("unreadable", "started", {
      ...{ at: AT, detail: { before: null, nodeTime: NODE } },
    });
    authorise("no node", START);
    state.operations.advance("no node", "started", {
      ...{ at: AT, detail: { before: null, nodeTime: null } },
    });
    authorise("no detail", START);
    state.operations.advance("no detail", "started", { at: AT });
    assertEquals(lostCalls(state), []);
    for (const id of ["not begun", "unreadable", "no node", "no detail"]) {
      const row = state.operations.get(id);
      assertEquals(row && callOf(state, row), null, id);
    }
  });
});
