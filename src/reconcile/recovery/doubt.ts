import { readAction } from "../../action/mod.ts";
import { newerThanState, type OwnTask } from "../../authz/mod.ts";
import { parseUpid } from "../../proxmox/mod.ts";
import { isReadable, type Operation, type State } from "../../state/mod.ts";
import { boundExecutor } from "../settling/bound_executor.ts";
import type { Work } from "../work.ts";

/** Rows of the journal, and tasks of the node, that are held against each other. */
const ROWS = 1_000;
/** How many tasks the sentence names. */
const NAMED = 3;

export interface DoubtOptions {
  /** When an earlier run last wrote to the journal, epoch milliseconds. */
  readonly lastWrite: number;
  /** Operations that had begun when it ended: their tasks are known of, if not by id. */
  readonly begun: readonly Operation[];
  readonly signal: AbortSignal;
}

/** When the journal was last written to, epoch milliseconds. Ask before recovery writes to it. */
export function lastWriteOf({ operations, instances }: State): number {
  const written = operations.list({ limit: ROWS }).map((row) =>
    isReadable(row) ? row.changedAt : 0
  );
  return Math.max(instances.current().createdAt, ...written);
}

/**
 * Raises the doubt that the state is older than the host, when the node knows tasks of this very
 * token that are newer than all that the journal knows: so it is after the state was restored from a
 * backup. Ask after recovery has looked up what was begun.
 *
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked; `state.*`
 */
export async function doubt(
  { state, eyes: { reads }, tokenId, clock, log }: Work,
  { lastWrite, begun, signal }: DoubtOptions,
): Promise<void> {
  const since = Math.floor(lastWrite / 1000);
  const tasks = await reads.tasks({ since, limit: ROWS, signal });
  const own = tasks.filter(({ upid }) => parseUpid(upid).user === tokenId);
  const upids = new Set(
    state.operations.list({ limit: ROWS }).flatMap((row) =>
      isReadable(row) && row.upid !== null ? [row.upid] : []
    ),
  );
  const isOfBegun = tasksOf(begun);
  const newer = newerThanState(own, { upids, lastWrite }).filter((task) => !isOfBegun(task));
  if (newer.length === 0) return;
  const why = doubtOf(newer);
  state.instances.doubt(why, clock.now());
  log.error("the state is older than the host; nothing signed is done", { why });
}

/** One sentence that names the tasks. */
function doubtOf(tasks: readonly OwnTask[]): string {
  const more = tasks.length > NAMED ? ` and ${tasks.length - NAMED} more` : "";
  const named = tasks.slice(0, NAMED).map(({ upid }) => upid).join(", ");
  return `The node knows tasks of the agent that its journal does not: ${named}${more}`;
}

/** Whether a task may be a part of what was under way. */
function tasksOf(begun: readonly Operation[]): (task: OwnTask) => boolean {
  const known = begun.flatMap(({ action }) => {
    const read = readAction(action);
    return read.ok ? [boundExecutor(read.action)] : [];
  });
  return ({ upid }) => {
    const { type, id } = parseUpid(upid);
    return known.some(({ taskTypes, taskIds }) => taskTypes.includes(type) && taskIds.includes(id));
  };
}
