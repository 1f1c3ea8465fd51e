import { readAction } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import { isFinal, type Operation } from "../../state/mod.ts";
import { carryOutStep } from "../carry_out.ts";
import type { Outcome } from "../outcome.ts";
import type { Work } from "../work.ts";
import { undoOf } from "./undo.ts";

/** Why a transaction is not rolled back. */
export interface Blocked {
  /** One sentence, with what an operator can do where there is something. */
  readonly blocked: string;
  /**
   * Whether it has ended, and what it made is kept for good: it is not the agent's to take away any
   * more. Else it stays open, and may be tried again later.
   */
  readonly kept: boolean;
}

export interface CompensateOptions {
  /**
   * Whether somebody waits to do something with what was made. What only a signature could take away
   * is kept then, instead of standing in the way until there is one.
   *
   * @default false
   */
  readonly wanted?: boolean;
}

/**
 * Makes undone, newest first, what a transaction that cannot finish made itself, and ends it. Every
 * step takes the way of all steps: gate, journal, executor. It looks at the host before each, so it
 * may be broken off and begun again anywhere; what cannot be undone leaves the transaction open. What
 * is not the agent's to take away any more is kept, told of, and no reason to stay open.
 *
 * What it made and somebody has used since, or may need, is never undone: the transaction ends, and
 * that is told. What takes a signature for another reason waits for it among the pending operations.
 *
 * A transaction that never began, or was rolled back before, is rolled back.
 */
export async function compensate(
  work: Work,
  transaction: string,
  signal: AbortSignal,
  { wanted = false }: CompensateOptions = {},
): Promise<"rolled_back" | Blocked> {
  const { state, clock } = work;
  const open = (blocked: string): Blocked => ({ blocked, kept: false });
  const known = state.transactions.get(transaction);
  if (known === undefined || known.outcome === "rolled_back") return "rolled_back";
  if (known.outcome === "committed") {
    return { blocked: `Transaction ${transaction} is committed: what it made is kept`, kept: true };
  }
  try {
    const operations = state.operations.ofTransaction(transaction);
    const atWork = operations.find((operation) => !isFinal(operation.state));
    if (atWork !== undefined) {
      return open(`Operation ${atWork.id} (${atWork.kind}) of it has not ended`);
    }
    for (const operation of operations.toReversed()) {
      const left = await undo(work, operation, signal);
      if (left === undefined) continue;
      if (left.passes || !(wanted || isUsed(work, operation))) return open(left.why);
      return keep(work, transaction, left.why);
    }
    state.transactions.close(transaction, "rolled_back", clock.now());
    return "rolled_back";
  } catch (error) {
    if (error instanceof FelhomError) return open(error.message);
    throw error;
  }
}

/** Ends a transaction whose making stays. */
function keep({ state, clock, log }: Work, transaction: string, why: string): Blocked {
  state.transactions.close(transaction, "committed", clock.now());
  log.warn("what a transaction made is kept: nothing takes it away without a signature", {
    transaction,
    why,
  });
  return { blocked: `It is kept: ${why}`, kept: true };
}

/** Whether what an operation made is somebody's by now, for good. */
function isUsed({ state }: Work, { id, vmid, action }: Operation): boolean {
  const read = readAction(action);
  if (!read.ok || vmid === null) return false;
  switch (read.action.kind) {
    case "guest.snapshot": {
      const mark = state.snapshots.get(vmid, read.action.params.snapshot);
      return mark?.operation === id &&
        (!mark.stoppedThroughout || state.operations.rolledBackUncleanly(vmid, id));
    }
    default: {
      const made = read.action.kind === "guest.restore_over" ? read.action.params.new_vmid : vmid;
      const mark = state.guests.get(made);
      return mark?.operation === id && mark.ranAt !== null;
    }
  }
}

/** Why something is not undone. */
interface Left {
  readonly why: string;
  /** Whether it may yet be, without anybody signing for it. */
  readonly passes: boolean;
}

/** @returns why it is not undone; undefined when it is */
async function undo(
  work: Work,
  operation: Operation,
  signal: AbortSignal,
): Promise<Left | undefined> {
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
      return { why: left.why, passes: left.passes };
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

function whyNot(outcome: Outcome, kind: string): Left | undefined {
  switch (outcome.kind) {
    case "succeeded":
      return undefined;
    case "denied":
      return outcome.outcome === "pending_signature"
        ? { why: `${kind} takes a signature now: ${outcome.why}`, passes: false }
        : { why: outcome.why, passes: true };
    case "failed":
    case "unknown":
    case "running":
    case "not_begun":
      return { why: outcome.why, passes: true };
    default:
      return outcome satisfies never;
  }
}
