import { assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { boundExecutor } from "../../../src/reconcile/settling/bound_executor.ts";

const STOP: Action = { kind: "guest.stop", guest: 230, params: {} };

Deno.test("A guest counts as started from before the request leaves, and from nothing else", () => {
  const starts: readonly Action[] = [
    { kind: "guest.start", guest: 230, params: {} },
    { kind: "guest.restart", guest: 230, params: { timeout: 60 } },
  ];
  for (const action of starts) {
    const { tracesAtStart } = boundExecutor(action);
    assertEquals(tracesAtStart, [{ kind: "guest_started", vmid: 230 }], action.kind);
  }
  assertEquals(boundExecutor(STOP).tracesAtStart, []);
});

Deno.test("One task is of an operation, unless its kind starts several", () => {
  assertEquals(boundExecutor(STOP).startsSeveral, false);
});
