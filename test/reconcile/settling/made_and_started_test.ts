import { assertEquals } from "@std/assert";
import type { Trace } from "../../../src/reconcile/executors/executor.ts";
import { recordTraces } from "../../../src/reconcile/settling/record_traces.ts";
import { isScratch, type State } from "../../../src/state/mod.ts";
import { operation } from "../../state/operation.ts";
import { withState } from "../../state/state_folder.ts";

const made = (digest: string | null): Trace => ({
  ...{ kind: "guest_made", vmid: 901, volumes: ["local:901/a.raw"], macs: [], digest },
});

/** Writes traces as those of an operation of an origin, in a transaction or alone. */
function record(
  state: State,
  id: string,
  traces: readonly Trace[],
  { origin = "job", transaction = null }: {
    readonly origin?: "job" | "selftest";
    readonly transaction?: string | null;
  } = {},
): void {
  state.operations.authorise(operation(id, { vmid: 901, origin, transaction }));
  recordTraces(state, traces, { id, transaction, upid: null, at: 1000 });
}

Deno.test("A guest is marked as made in the transaction it was made in, or in that of its operation alone", async () => {
  await withState((state) => {
    state.transactions.join("t", { vmid: 901, at: 1 });
    record(state, "a", [made("d")], { transaction: "t" });
    assertEquals(state.guests.get(901)?.transaction, "t");
    record(state, "b", [made("d")]);
    assertEquals(state.guests.get(901)?.transaction, "b");
  });
});

Deno.test("A guest is scratch that a drill made, unless it was seen too late to know what it was made of", async () => {
  for (
    const [origin, digest, scratch] of [
      ["selftest", "d", true],
      ["selftest", null, false],
      ["job", "d", false],
      ["job", null, false],
    ] as const
  ) {
    await withState((state) => {
      record(state, "a", [made(digest)], { origin });
      const mark = state.guests.get(901);
      assertEquals([mark && isScratch(mark, 1000), mark?.digest], [scratch, digest]);
    });
  }
});

Deno.test("A start of a drill leaves its guest scratch, anybody else's does not", async () => {
  for (const [origin, scratch] of [["selftest", true], ["job", false]] as const) {
    await withState((state) => {
      record(state, "a", [made("d")], { origin: "selftest" });
      record(state, "b", [{ kind: "guest_started", vmid: 901 }], { origin });
      const mark = state.guests.get(901);
      assertEquals([mark?.ranAt, mark && isScratch(mark, 1000)], [1000, scratch]);
    });
  }
});

Deno.test("The last step of a transaction commits it, and a step that stands alone commits nothing", async () => {
  await withState((state) => {
    state.transactions.join("t", { vmid: 901, at: 1 });
    record(state, "a", [{ kind: "transaction_committed" }]);
    assertEquals(state.transactions.get("t")?.outcome, "open");
    record(state, "b", [{ kind: "transaction_committed" }], { transaction: "t" });
    assertEquals(state.transactions.get("t")?.outcome, "committed");
  });
});
