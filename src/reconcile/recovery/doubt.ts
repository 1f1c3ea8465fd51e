import { type OwnTask, type StrangeTasks, strangeTasks } from "../../authz/mod.ts";
import { parseUpid } from "../../proxmox/mod.ts";
import { isReadable, type Operation, type State } from "../../state/mod.ts";
import type { Work } from "../work.ts";
import { blindSpot, type KnownTimes } from "./blind_spot.ts";
import { listOwn, userOf } from "./list_own.ts";
import { callOf, lostCalls } from "./lost_calls.ts";

/** Rows of the journal that are looked at, where the node's tasks were never. */
const ROWS = 1_000;
/** How many tasks the sentence names. */
const NAMED = 3;

export interface DoubtOptions {
  /**
   * Up to when tasks are taken for those of before the state, epoch milliseconds; null where the node's
   * tasks were held against it already.
   */
  readonly before: number | null;
  /** What the state knew then. */
  readonly known: KnownTimes;
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
 * Raises the doubt that the state is older than the host, when the node lists tasks of the agent's
 * user that the state does not know: so it is after the state was restored from a backup. And when
 * the list does not reach back to where the state ends, so that nobody can tell. Ask after recovery has
 * looked up what was begun.
 *
 * As long as there is a doubt, what the state says of who made what proves nothing, for good: marks
 * end, and open transactions are closed with what they made kept.
 *
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked; `state.*`
 */
export async function doubt(
  { state, node, eyes: { reads }, tokenId, clock, log }: Work,
  { before, known, begun, signal }: DoubtOptions,
): Promise<void> {
  const users = new Set([tokenId, ...[...known.settled].map(tokenOf)].map(userOf));
  const own = await listOwn(reads, users, signal);
  const blind = await blindSpot({ reads, node, own, known, signal });
  const at = clock.now();
  const why = state.transaction(() => {
    const strange = judge(state, own.tasks, { before, begun });
    state.notedTasks.note(upidsOf(strange.explained), "explained", at);
    state.notedTasks.note(upidsOf(strange.unknown), "doubted", at);
    // Where some are not listed, one of those may come into view again.
    if (own.whole) state.notedTasks.keepOnly(upidsOf(own.tasks));
    const raised = strange.unknown.length > 0 ? doubtOf(strange.unknown) : blind;
    if (raised !== null) state.instances.doubt(raised, at);
    if (state.instances.current().doubt !== null) endClaims(state, at);
    return raised;
  }, { purpose: "finish" });
  if (why === null) return;
  log.error("the state is older than the host, or may be; nothing signed is done", { why });
}

function endClaims({ guests, transactions }: State, at: number): void {
  guests.endAll(at);
  for (const { id } of transactions.open()) transactions.close(id, "committed", at);
}

function judge(
  state: State,
  own: readonly OwnTask[],
  { before, begun }: Pick<DoubtOptions, "before" | "begun">,
): StrangeTasks {
  const { notedTasks } = state;
  const upids = notedTasks.known(upidsOf(own)).difference(tooLate(state, begun));
  const strange = own.filter(({ upid }) => !upids.has(upid));
  if (strange.length === 0) return { explained: [], unknown: [] };
  const lost = lostCalls(state);
  if (before === null) return strangeTasks(own, { upids, lost });
  const earlier = upidsOf(strange.filter(({ starttime }) => starttime * 1000 <= before));
  notedTasks.note(earlier, "before", before);
  return strangeTasks(own, { upids: new Set([...upids, ...earlier]), lost });
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

const tokenOf = (upid: string) => parseUpid(upid).user;
const upidsOf = (tasks: readonly OwnTask[]) => tasks.map(({ upid }) => upid);

/** One sentence that names the tasks. */
function doubtOf(tasks: readonly OwnTask[]): string {
  const more = tasks.length > NAMED ? ` and ${tasks.length - NAMED} more` : "";
  const named = tasks.slice(0, NAMED).map(({ upid }) => upid).join(", ");
  return `The node knows tasks of the agent's user that its journal does not: ${named}${more}`;
}
