import { assertEquals, assertThrows } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { recordTraces } from "../../../src/reconcile/settling/record_traces.ts";
import { withState } from "../../state/state_folder.ts";

const START: Action = { kind: "guest.start", guest: 230, params: {} };

for (const outcome of ["committed", "rolled_back"] as const) {
  Deno.test(`What was under way when its transaction was closed (${outcome}) ${outcome === "committed" ? "ends all the same" : "does not commit it"}`, async () => {
    await withState((state) => {
      state.operations.authorise({
        ...{ id: "one", transaction: "t", vmid: 230, action: START, origin: "job", at: 1 },
        evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
      });
      state.transactions.close("t", outcome, 2);
      const record = () =>
        recordTraces(state, [{ kind: "transaction_committed" }], {
          ...{ id: "one", transaction: "t", upid: null, at: 3 },
        });
      if (outcome === "committed") record();
      else assertEquals(assertThrows(record, FelhomError).code, "state.closed");
      assertEquals(state.transactions.get("t")?.closedAt, 2);
    });
  });
}
