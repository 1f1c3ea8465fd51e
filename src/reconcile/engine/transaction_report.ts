import * as z from "zod";
import type { Operation } from "../../state/mod.ts";
import type { TransactionReport } from "../commands/commands.ts";
import type { Engine } from "./engine.ts";

const reasoned = z.object({ why: z.string() });

/** Where a transaction stands; undefined when nobody knows it. */
export function reportTransaction(
  { work: { state }, selftests }: Engine,
  id: string,
): TransactionReport | undefined {
  const known = state.transactions.get(id);
  const ended = selftests.reportOf(id);
  const waiting = selftests.vmidOf(id);
  if (known === undefined && ended === undefined && waiting === undefined) return undefined;
  const steps = known === undefined ? [] : state.operations.ofTransaction(id);
  return {
    id,
    vmid: known?.vmid ?? ended?.vmid ?? waiting ?? null,
    // One that was refused never began: nothing of it is on the host.
    outcome: known?.outcome ?? (ended === undefined ? "open" : "rolled_back"),
    steps: steps.map((operation) => ({
      operation: operation.id,
      kind: operation.kind,
      state: operation.state,
      compensates: operation.compensates,
      why: lastReason(state, operation),
    })),
    problem: ended?.left ?? ended?.problem ?? null,
  };
}

/** What was last written down of how an operation went. */
function lastReason({ operations }: Engine["work"]["state"], { id }: Operation): string | null {
  const last = operations.transitions(id).at(-1);
  const read = reasoned.safeParse(last?.detail);
  return read.success ? read.data.why : null;
}
