import { readAction } from "../../action/mod.ts";
import type { AgentTransaction, State } from "../../state/mod.ts";
import type { Lane } from "../queue/lane.ts";

/** What tells where transactions are settled. */
type Books = Pick<State, "transactions" | "operations">;

/**
 * The open transactions that are settled by who works on a lane, oldest first: those of its guest, and
 * those that made it from another guest's backup. So nobody takes away what somebody else works on.
 */
export function halfMadeIn(books: Books, lane: Lane): readonly AgentTransaction[] {
  return books.transactions.open().filter((transaction) =>
    laneOfTransaction(books, transaction) === lane
  );
}

/** The lane of a transaction: the guest that it makes, or makes something of. */
export function laneOfTransaction({ operations }: Books, { id, vmid }: AgentTransaction): Lane {
  const [first] = operations.ofTransaction(id);
  const read = readAction(first?.action);
  return read.ok && read.action.kind === "guest.restore_over"
    ? read.action.params.new_vmid
    : vmid ?? "host";
}
