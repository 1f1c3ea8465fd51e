import { findOwnTask, isUpid, type OwnTask, type Upid } from "../../proxmox/mod.ts";
import { isReadable, type Operation } from "../../state/mod.ts";
import type { Work } from "../work.ts";
import type { BoundExecutor } from "./bound_executor.ts";
import { onItsWay, underWay } from "./on_its_way.ts";
import type { Started } from "./started_detail.ts";

/** Between two looks at the node's list, milliseconds. */
const LOOK_EVERY_MS = 2_000;
/** Rows of the journal whose tasks are known to be others': those of days, and at most a full list. */
const ROWS = 1_000;

/**
 * Looks for the task of an operation whose answer was lost, until it is found or can come no more.
 *
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked; the signal's reason
 */
export async function findTask(
  work: Work,
  operation: Operation,
  { executor, started, signal }: {
    readonly executor: BoundExecutor;
    readonly started: Started;
    readonly signal: AbortSignal;
  },
): Promise<OwnTask> {
  const { clock, departures, eyes: { reads }, tokenId: owner } = work;
  const { action, taskTypes: types, taskIds: ids, limitMs } = executor;
  const since = { id: operation.id, startedAt: started.at, departures, now: clock.now() };
  const left = onItsWay(action, { elapsedMs: underWay(action, since), limitMs });
  const until = clock.monotonic() + left;
  const known = tasksOfOthers(work, operation);
  for (;;) {
    const over = until - clock.monotonic();
    if (ids.length > 0 && started.nodeTime !== null) {
      const nodeTime = Math.min(started.nodeTime, await nodeTimeThen(work, operation, signal));
      const found = await findOwnTask(reads, { owner, ids, types, nodeTime, known, signal });
      if (found.found !== "none") return found;
    }
    // A look after the last moment, so that what came right before it is seen.
    if (over <= 0) return { found: "none" };
    await clock.sleep(Math.min(LOOK_EVERY_MS, over), signal);
  }
}

/**
 * What the node's clock would have said as an operation began, if it had gone then as it goes now:
 * earlier than what it said where it was set back since, and the task was started after that. Of an
 * operation of an earlier process, what it would have said as this one began. Epoch seconds.
 */
async function nodeTimeThen(
  { departures, eyes: { reads } }: Work,
  { id }: Operation,
  signal: AbortSignal,
): Promise<number> {
  const nodeTime = await reads.nodeTime({ signal });
  const elapsedMs = departures.elapsedMs(id) ?? departures.ageMs;
  return Math.floor(nodeTime - elapsedMs / 1000);
}

function tasksOfOthers({ state }: Work, { id }: Operation): ReadonlySet<Upid> {
  const upids = new Set<Upid>();
  for (const row of state.operations.list({ limit: ROWS })) {
    if (isReadable(row) && row.id !== id && isUpid(row.upid)) upids.add(row.upid);
  }
  return upids;
}
