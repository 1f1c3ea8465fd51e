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

/** Where traces are kept. */
type TraceBooks = Pick<State, "guests" | "snapshots" | "transactions" | "operations">;

/** Writes down what an operation did to guests. Part of the transaction that records its state. */
export function recordTraces(
  state: TraceBooks,
  traces: readonly Trace[],
  of: TraceOf,
): void {
  for (const trace of traces) recordTrace(state, trace, of);
}

function recordTrace(
  { guests, snapshots, transactions, operations }: TraceBooks,
  trace: Trace,
  { id: operation, transaction, upid, at }: TraceOf,
): void {
  // Who stands alone is its own transaction: one that is never open.
  const within = transaction ?? operation;
  switch (trace.kind) {
    case "guest_made": {
      const { vmid, volumes, macs, digest } = trace;
      guests.record({
        ...{ vmid, volumes, macs, digest, operation, at },
        transaction: within,
        creation: upid,
        // What a self-test or a drill makes is for nobody. No hub and no desired state has the origin.
        scratch: operations.get(operation)?.origin === "selftest",
      });
      // What was seen late may be what somebody made of it since.
      if (digest === null) guests.loseScratch(vmid, at, "it was first seen long after it was made");
      return;
    }
    case "guest_gone":
      return guests.gone(trace.vmid, at);
    case "guest_started":
      guests.ran(trace.vmid, at);
      // Who asks for a start may want to use what then runs: it is nobody's scratch any more.
      if (operations.get(operation)?.origin !== "selftest") {
        guests.loseScratch(trace.vmid, at, "somebody asked for it to be started");
      }
      return;
    case "guest_ran":
      guests.ran(trace.vmid, at);
      return void guests.loseScratch(trace.vmid, at, "it ran without the agent");
    case "snapshot_made": {
      const { kind: _, ...made } = trace;
      return snapshots.record({ ...made, transaction: within, operation, at });
    }
    case "taken_back":
      return snapshots.tookBack(trace.vmid, trace.name, trace.digest);
    case "snapshot_gone":
      return snapshots.gone(trace.vmid, trace.name, at);
    case "transaction_committed":
      // A doubt about the state has closed it, and kept what it made.
      if (transaction === null || transactions.get(transaction)?.outcome === "committed") return;
      return transactions.close(transaction, "committed", at);
    default:
      return trace satisfies never;
  }
}
