import { FelhomError } from "../../errors.ts";
import { isFinal, type Operation } from "../../state/mod.ts";
import { carryOutStep } from "../carry_out.ts";
import type { Outcome } from "../outcome.ts";
import type { Work } from "../work.ts";
import { undoOf } from "./undo.ts";

/** Why a transaction is not rolled back yet. It stays open, and may be tried again later. */
export interface Blocked {
  /** One sentence, with what an operator can do where there is something. */
  readonly blocked: string;
}

/**
 * Makes undone, newest first, what a transaction that cannot finish made itself, and ends it. Every
 * step takes the way of all steps: gate, journal, executor. It looks at the host before each, so it
 * may be broken off and begun again anywhere; what cannot be undone leaves the transaction open. What
 * is not the agent's to take away any more is kept, told of, and no reason to stay open.
 *
 * A transaction that never began, or was rolled back before, is rolled back.
 */
export async function compensate(
  work: Work,
  transaction: string,
  signal: AbortSignal,
): Promise<"rolled_back" | Blocked> {
  const { state, clock } = work;
  const known = state.transactions.get(transaction);
  if (known === undefined || known.outcome === "rolled_back") return "rolled_back";
  if (known.outcome === "committed") {
    return { blocked: `Transaction ${transaction} is committed: what it made is kept` };
  }
  try {
    const operations = state.operations.ofTransaction(transaction);
    const open = operations.find((operation) => !isFinal(operation.state));
    if (open !== undefined) {
      return { blocked: `Operation ${open.id} (${open.kind}) of it has not ended` };
    }
    for (const operation of operations.toReversed()) {
      const why = await undo(work, operation, signal);
      if (why !== undefined) return { blocked: why };
    }
    state.transactions.close(transaction, "rolled_back", clock.now());
    return "rolled_back";
  } catch (error) {
    if (error instanceof FelhomError) return { blocked: error.message };
    throw error;
  }
}

/** @returns why it is not undone; undefined when it is */
async function undo(
  work: Work,
  operation: Operation,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { transaction, id, kind } = operation;
  if (transaction === null) return undefined;
  const left = await undoOf(work, operation);
  switch (left.kind) {
    case "nothing":
      return undefined;
    case "gone":
      left.forget();
      return undefined;
    case "kept":
      work.log.warn("something of a transaction is kept", { transaction, why: left.why });
      return undefined;
    case "blocked":
      return left.why;
    case "action": {
      const outcome = await carryOutStep(work, {
        action: left.action,
        origin: "recovery",
        source: "agent",
        reference: id,
        why: `${kind} of transaction ${transaction} is made undone: the transaction cannot finish`,
        within: { transaction, step: nextStep(work, transaction) },
        compensates: id,
      }, signal);
      return whyNot(outcome, left.action.kind);
    }
    default:
      return left satisfies never;
  }
}

function nextStep({ state }: Work, transaction: string): number {
  return Math.max(...state.operations.ofTransaction(transaction).map(({ step }) => step)) + 1;
}

function whyNot(outcome: Outcome, kind: string): string | undefined {
  switch (outcome.kind) {
    case "succeeded":
      return undefined;
    case "denied":
      return outcome.outcome === "pending_signature"
        ? `${kind} takes a signature now: ${outcome.why}`
        : outcome.why;
    case "failed":
    case "unknown":
    case "running":
    case "not_begun":
      return outcome.why;
    default:
      return outcome satisfies never;
  }
}
