import { ACTION_KINDS, readAction } from "../../action/mod.ts";
import type { LostCall } from "../../authz/mod.ts";
import { isFinal, type Operation, type State } from "../../state/mod.ts";
import { EXECUTORS } from "../executors/executors.ts";
import { boundExecutor } from "../settling/bound_executor.ts";
import { LEAVES_WITHIN_MS, SETTLE_MS } from "../settling/on_its_way.ts";
import { readStarted } from "../settling/started_detail.ts";

/** Rows of the journal that are looked at: those of months, if each lost its answer. */
const ROWS = 5_000;
/** The node's clock is told in whole seconds, and cut. */
const SLACK_S = 2;
/** A call has left, and has started its task, by then. */
const LONGEST_S = Math.ceil((LEAVES_WITHIN_MS + SETTLE_MS) / 1000);

/**
 * The calls that were begun and whose task is not known by its id: one that was found, or told from
 * others, has its id in the journal.
 */
export function lostCalls(state: Pick<State, "operations">): LostCall[] {
  const kinds = ACTION_KINDS.filter((kind) => EXECUTORS[kind].taskTypes.length > 0);
  return state.operations.withoutTask(kinds, ROWS).flatMap((row) => {
    const call = callOf(state, row);
    return call === null ? [] : [call];
  });
}

/** What is known of a call that was begun, but for its task; null where it starts none. */
export function callOf(
  state: Pick<State, "operations">,
  { id, action, state: ended, changedAt }: Operation,
): LostCall | null {
  const read = readAction(action);
  const started = readStarted(state, id);
  if (!read.ok || started === null || started.nodeTime === null) return null;
  const { taskTypes: types, taskIds: ids, startsSeveral, limitMs } = boundExecutor(read.action);
  const { nodeTime } = started;
  // The last of several tasks may start when the work is nearly done.
  const worked = isFinal(ended) ? Math.min(Math.max(0, changedAt - started.at), limitMs) : limitMs;
  const last = nodeTime + LONGEST_S + (startsSeveral ? Math.ceil(worked / 1000) : 0);
  return { types, ids, from: nodeTime - SLACK_S, until: last + SLACK_S };
}
