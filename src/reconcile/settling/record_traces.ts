import type { State } from "../../state/mod.ts";
import type { Trace } from "../executors/executor.ts";

/** What the traces are traces of. */
export interface TraceOf {
  readonly id: string;
  readonly transaction: string | null;
  /** The task that did it, where it is known. */
  readonly upid: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Writes down what an operation did to guests. Part of the transaction that records its state. */
export function recordTraces(
  state: Pick<State, "guests" | "snapshots" | "transactions">,
  traces: readonly Trace[],
  of: TraceOf,
): void {
  for (const trace of traces) recordTrace(state, trace, of);
}

function recordTrace(
  { guests, snapshots, transactions }: Pick<State, "guests" | "snapshots" | "transactions">,
  trace: Trace,
  { id: operation, transaction, upid, at }: TraceOf,
): void {
  // Who stands alone is its own transaction: one that is never open.
  const within = transaction ?? operation;
  switch (trace.kind) {
    case "guest_made": {
      const { vmid, volumes, macs } = trace;
      return guests.record({
        ...{ vmid, volumes, macs, operation, at },
        transaction: within,
        creation: upid,
      });
    }
    case "guest_gone":
      return guests.gone(trace.vmid, at);
    case "guest_started":
      return snapshots.wasStarted(trace.vmid);
    case "snapshot_made": {
      const { kind: _, ...made } = trace;
      return snapshots.record({ ...made, transaction: within, operation, at });
    }
    case "snapshot_gone":
      return snapshots.gone(trace.vmid, trace.name, at);
    case "transaction_committed":
      if (transaction === null) return;
      return transactions.close(transaction, "committed", at);
    default:
      return trace satisfies never;
  }
}
