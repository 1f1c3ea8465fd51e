import type { Reads } from "./reads.ts";
import type { TaskStatus } from "./schema/task.ts";
import type { CallOptions } from "./transport.ts";
import { parseUpid, type Upid } from "./upid.ts";
import { parseVmid } from "./vmid.ts";

/** The clock of the head of an answer and of a task's start are the node's own, cut to seconds. */
const SLACK_S = 2;

export interface OwnTaskQuery extends CallOptions {
  /** Whose task: the transport's `tokenId`. */
  readonly owner: string;
  /** Ids that the task can have: mostly one, a VMID (FACTS §2.3). */
  readonly ids: readonly string[];
  /** Kinds of task the call can have started, as `["vzstart", "hastart"]` (FACTS §2.3). */
  readonly types: readonly string[];
  /** The node's clock before the call was sent, in seconds since the epoch (`nodeTime`). */
  readonly nodeTime: number;
  /** Tasks that belong to other calls. @default none */
  readonly known?: ReadonlySet<Upid>;
}

/** What came of the search. */
export type OwnTask =
  /** The call started nothing, or nothing yet. */
  | { readonly found: "none" }
  | { readonly found: "one"; readonly upid: Upid; readonly status: TaskStatus }
  /** Which of them it was nobody can say. */
  | { readonly found: "several"; readonly upids: readonly Upid[] };

/**
 * Looks for the task of a call whose answer was lost: since a moment before the call, of this guest
 * and kind, started by this very token; then asks that task itself, since a row of the list may say
 * RUNNING for a while after the end (FACTS §2.5).
 *
 * Rows of running and of finished tasks name their owner in different ways; the task id names him
 * in full in both.
 *
 * @throws {ApiError | TransportError} when the node cannot be asked: then nothing is known
 */
export async function findOwnTask(
  reads: Pick<Reads, "tasks" | "taskStatus">,
  query: OwnTaskQuery,
): Promise<OwnTask> {
  const { owner, ids, types, nodeTime, known, ...call } = query;
  const since = nodeTime - SLACK_S;
  const rows = [];
  // The node can look for a VMID alone.
  const [id = "", ...otherIds] = ids;
  const isVmid = otherIds.length === 0 && /^[1-9][0-9]{2,8}$/.test(id);
  const narrowed = isVmid ? { vmid: parseVmid(Number(id)) } : {};
  for (const type of types) rows.push(...await reads.tasks({ ...call, ...narrowed, type, since }));
  const own = rows.map((row) => row.upid).filter((upid) => {
    const parts = parseUpid(upid);
    return parts.user === owner && ids.includes(parts.id) && types.includes(parts.type) &&
      parts.starttime >= since && known?.has(upid) !== true;
  });
  const [upid, ...others] = new Set(own);
  if (upid === undefined) return { found: "none" };
  if (others.length > 0) return { found: "several", upids: [upid, ...others] };
  return { found: "one", upid, status: await reads.taskStatus(upid, call) };
}
