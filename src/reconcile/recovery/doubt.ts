import { type OwnTask, type StrangeTasks, strangeTasks } from "../../authz/mod.ts";
import { parseUpid } from "../../proxmox/mod.ts";
import { isReadable, type Operation, type State } from "../../state/mod.ts";
import type { Work } from "../work.ts";
import { callOf, lostCalls } from "./lost_calls.ts";

/** Rows of the journal that are looked at, where the node's tasks were never. */
const ROWS = 1_000;
/** Tasks that are listed: more than a node keeps, whose they may be (FACTS §2.5: about 2,000). */
const TASKS = 10_000;
/** How many tasks the sentence names. */
const NAMED = 3;

export interface DoubtOptions {
  /**
   * Up to when tasks are taken for those of before the state, where the node's tasks were never held
   * against it. Epoch milliseconds.
   */
  readonly before: number;
  /** What was under way when the last run ended, its task not known then. */
  readonly begun: readonly Operation[];
  readonly signal: AbortSignal;
}

/**
 * When the state last was at work for certain, epoch milliseconds: what is dated ahead of now does
 * not count. Ask before recovery writes to the journal.
 */
export function lastWriteOf({ operations, instances }: State, now: number): number {
  const written = operations.list({ limit: ROWS }).map((row) =>
    isReadable(row) ? row.changedAt : 0
  );
  const times = [instances.current().createdAt, ...written].filter((at) => at <= now);
  return Math.max(0, ...times);
}

/**
 * Raises the doubt that the state is older than the host, when the node lists tasks of this very
 * token that the state does not know: so it is after the state was restored from a backup. Ask after
 * recovery has looked up what was begun.
 *
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked; `state.*`
 */
export async function doubt(
  { state, eyes: { reads }, tokenId, clock, log }: Work,
  { before, begun, signal }: DoubtOptions,
): Promise<void> {
  const listed = await reads.tasks({ limit: TASKS, signal });
  const own = listed.map(({ upid }) => ({ upid, ...parseUpid(upid) }))
    .filter(({ user }) => user === tokenId);
  const upids = own.map(({ upid }) => upid);
  const at = clock.now();
  const { unknown } = state.transaction(() => {
    const strange = judge(state, own, { before, begun });
    state.notedTasks.note(upidsOf(strange.explained), "explained", at);
    state.notedTasks.note(upidsOf(strange.unknown), "doubted", at);
    // Where some are not listed, one of those may come into view again.
    if (listed.length < TASKS) state.notedTasks.keepOnly(upids);
    if (strange.unknown.length > 0) state.instances.doubt(doubtOf(strange.unknown), at);
    return strange;
  }, { purpose: "finish" });
  if (unknown.length === 0) return;
  log.error("the state is older than the host; nothing signed is done", { why: doubtOf(unknown) });
}

function judge(
  state: State,
  own: readonly OwnTask[],
  { before, begun }: Omit<DoubtOptions, "signal">,
): StrangeTasks {
  const { notedTasks } = state;
  const upids = notedTasks.known(upidsOf(own)).difference(tooLate(state, begun));
  const strange = own.filter(({ upid }) => !upids.has(upid));
  if (strange.length === 0) return { explained: [], unknown: [] };
  const earlier = notedTasks.begun()
    ? []
    : strange.filter(({ starttime }) => starttime * 1000 <= before);
  notedTasks.note(upidsOf(earlier), "before", before);
  const known = new Set([...upids, ...upidsOf(earlier)]);
  return strangeTasks(own, { upids: known, lost: lostCalls(state) });
}

/**
 * Tasks that were found for what was under way, and were started when its call had long left: where the
 * state was copied in that moment, they are of a later call that it does not know.
 */
function tooLate(state: State, begun: readonly Operation[]): ReadonlySet<string> {
  return new Set(begun.flatMap((row) => {
    const upid = state.operations.get(row.id)?.upid ?? null;
    const call = callOf(state, row);
    if (upid === null || call === null) return [];
    return parseUpid(upid).starttime > call.until ? [upid] : [];
  }));
}

const upidsOf = (tasks: readonly OwnTask[]) => tasks.map(({ upid }) => upid);

/** One sentence that names the tasks. */
function doubtOf(tasks: readonly OwnTask[]): string {
  const more = tasks.length > NAMED ? ` and ${tasks.length - NAMED} more` : "";
  const named = tasks.slice(0, NAMED).map(({ upid }) => upid).join(", ");
  return `The node knows tasks of the agent that its journal does not: ${named}${more}`;
}
