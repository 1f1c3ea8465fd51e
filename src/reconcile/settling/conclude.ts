import { type ErrorCode, FelhomError } from "../../errors.ts";
import type { Operation } from "../../state/mod.ts";
import type { Effect, Ending } from "../executors/executor.ts";
import type { Json } from "../executors/json.ts";
import type { Outcome } from "../outcome.ts";
import type { Work } from "../work.ts";
import type { BoundExecutor } from "./bound_executor.ts";
import { judgeEffect, type Known } from "./judge_effect.ts";
import { recordTraces } from "./record_traces.ts";
import { type LeftAs, scratchLeftAs } from "./scratch_left_as.ts";

/** An operation that was begun, as far as its end needs it. */
export type Begun = Pick<Operation, "id" | "transaction" | "upid">;

/** What an operation ends by. */
export interface End {
  readonly before: Json;
  readonly ending: Ending;
  /** Whether several tasks were found that it may have started. @default false */
  readonly several?: boolean;
  /** Of the error that its answer was lost with. */
  readonly code?: ErrorCode;
}

/**
 * Looks at the effect of work that has ended, and writes outcome and traces in one transaction.
 *
 * @returns "running" when it can be seen or written down no further: nothing is decided then, and
 * the journal still has it as it was
 * @throws what is no {@linkcode FelhomError}
 */
export async function conclude(
  work: Work,
  operation: Begun,
  { executor, end }: { readonly executor: BoundExecutor; readonly end: End },
): Promise<Outcome> {
  const { before, ending } = end;
  const { id } = operation;
  let effect: Effect;
  let left: LeftAs | null;
  try {
    const sinceAtWorkMs = () => work.departures.sinceAtWorkMs(id);
    const story = { before, ending, sinceAtWorkMs };
    effect = await executor.verify(story, work.eyes);
    // After failures, too: what did not come to its end may have changed something.
    left = await scratchLeftAs(work, id, story);
  } catch (error) {
    return undecided(work, id, error);
  }
  const outcome = record(work, operation, {
    outcome: outcomeOf(id, effect, end),
    effect,
    left,
    upid: ending.how === "task" ? ending.result.upid : operation.upid,
  });
  const { row } = effect.seen === "done" ? effect : {};
  return outcome.kind === "succeeded" && row !== undefined ? { ...outcome, row } : outcome;
}

/**
 * Writes an outcome without a look at the host.
 *
 * @returns "running" when it cannot be written
 */
export function concludeAs(
  work: Work,
  operation: Begun,
  outcome: Extract<Outcome, { kind: "failed" | "unknown" }>,
): Outcome {
  return record(work, operation, { outcome, effect: null, left: null, upid: operation.upid });
}

/** Nothing is decided: the host cannot be asked, or the wait was given up. */
export function undecided(work: Work, operation: string, error: unknown): Outcome {
  if (!(error instanceof FelhomError)) throw error;
  const { code, message } = error;
  work.log.warn("what became of an operation is not known yet", { operation, code, message });
  return { kind: "running", operation, why: message };
}

type Ended = Extract<Outcome, { kind: "succeeded" | "failed" | "unknown" }>;

function outcomeOf(operation: string, effect: Effect, end: End): Ended {
  const verdict = judgeEffect(knownOf(end), effect.seen);
  const { ending } = end;
  const result = ending.how === "task" ? ending.result : undefined;
  const error = result !== undefined && "error" in result ? result.error : undefined;
  const code = error?.code ?? end.code;
  const coded = code === undefined ? {} : { code };
  const said = effect.seen === "done" ? "It is as it was to be" : effect.why;
  switch (verdict) {
    case "succeeded": {
      const complaint = error === undefined ? [] : [error.message];
      return { kind: verdict, operation, warnings: [...complaint, ...result?.warnings ?? []] };
    }
    case "failed":
      return { kind: verdict, operation, why: said, ...coded };
    case "unknown": {
      const doubt = end.several === true ? "; which of several tasks was its own is not known" : "";
      return { kind: verdict, operation, why: `${said}${doubt}`, ...coded };
    }
    default:
      return verdict satisfies never;
  }
}

function knownOf({ ending, several = false }: End): Known {
  switch (ending.how) {
    case "answered":
      return "ended_well";
    case "lost":
      return several ? "several_tasks" : "no_task";
    case "task":
      switch (ending.result.outcome) {
        case "ok":
        case "warnings":
          return "ended_well";
        case "error":
          return "task_failed";
        case "unknown":
          return "task_unclear";
      }
  }
}

function record(
  { state, clock, departures, log }: Work,
  { id, transaction }: Begun,
  { outcome, effect, left, upid }: {
    readonly outcome: Ended;
    readonly effect: Effect | null;
    readonly left: LeftAs | null;
    readonly upid: string | null;
  },
): Outcome {
  const at = clock.now();
  const { kind, operation: _, ...told } = outcome;
  const more = effect?.seen === "done" && effect.detail !== undefined
    ? { seen: effect.detail }
    : {};
  const traces = effect !== null && effect.seen !== "nothing" ? effect.traces ?? [] : [];
  try {
    state.transaction(() => {
      recordTraces(state, traces, { id, transaction, upid, at });
      if (left !== null) state.guests.leftAs(left.vmid, left.digest);
      const detail = { ...told, ...more };
      state.operations.advance(id, kind, { at, detail, ...(upid === null ? {} : { upid }) });
    }, { purpose: "finish" });
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    log.error("the outcome of an operation cannot be written down; it is looked up again", {
      operation: id,
      outcome: kind,
      code: error.code,
      message: error.message,
    });
    return { kind: "running", operation: id, why: error.message };
  }
  departures.forget(id);
  const fields = { operation: id, upid, ...told };
  if (kind === "succeeded") log.info("an operation succeeded", fields);
  else log.warn(`an operation ${kind === "failed" ? "failed" : "ends unknown"}`, fields);
  return outcome;
}
