import { isUpid, parseUpid, type Reads } from "../../proxmox/mod.ts";
import { isReadable, type State } from "../../state/mod.ts";
import type { ListedTasks } from "./list_own.ts";

/** Rows of the journal that are looked at. */
const ROWS = 1_000;
/** Rows among which one has to be that had ended then: more were never at work at a time. */
const MOST = 500;

export interface BlindSpotOptions {
  readonly reads: Pick<Reads, "tasks">;
  readonly node: string;
  readonly own: ListedTasks;
  readonly known: KnownTimes;
  readonly signal: AbortSignal;
}

/** What the state knew before recovery wrote to it. */
export interface KnownTimes {
  /** Whether the node's tasks were held against this state before: no document is older than that. */
  readonly begun: boolean;
  /** When it was at work for certain, epoch milliseconds. */
  readonly atWork: number;
  /** Tasks whose end it knew, of whatever token. */
  readonly settled: ReadonlySet<string>;
  /** The newest of them since the last acknowledgement; null when there is none. */
  readonly last: string | null;
}

/**
 * Reads what the state knows of the agent's tasks. A time ahead of now says nothing of when the state
 * was at work: the clock is wrong, or was. Where all are ahead, the clock is behind now, and the
 * beginning of the instance is the least that holds. Ask before recovery writes to the journal.
 *
 * @param now epoch milliseconds
 */
export function knownTimesOf(
  { operations, instances, timeMark, notedTasks }: State,
  now: number,
): KnownTimes {
  const { createdAt } = instances.current();
  // When one began, and not when it ended: ends are written by recovery, too.
  const started = operations.list({ limit: ROWS })
    .flatMap((row) => isReadable(row) ? [row.createdAt] : []);
  const times = [createdAt, timeMark.get() ?? createdAt, ...started].filter((at) => at <= now);
  const settled = notedTasks.settled(ROWS).filter(({ upid }) => isUpid(upid));
  return {
    begun: notedTasks.begun(),
    atWork: times.length === 0 ? createdAt : Math.max(...times),
    settled: new Set(settled.map(({ upid }) => upid)),
    last: settled.find(({ at }) => at >= createdAt)?.upid ?? null,
  };
}

/**
 * Why the node's list does not show what the agent has done since the state was last written to; null
 * when it does. What is not listed proves nothing where the list does not reach back so far: then a
 * state that is older than the host looks like one that is not.
 *
 * It reaches back when it has a task that the state saw end: whatever has ended since stands before
 * it. Else when it has anybody's task that had ended by the time the state was last at work; that
 * takes Sys.Audit, and goes by the clock. How short the list is shows nothing: one that was removed is
 * short. A state that was never held against a list is new, and no document names its instance yet.
 *
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked
 */
export async function blindSpot(options: BlindSpotOptions): Promise<string | null> {
  const { reads, node, own: { tasks, whole }, known, signal } = options;
  const { begun, atWork, settled, last } = known;
  if (!whole) {
    return "The node lists more tasks of the agent's than can be looked through, so nothing shows " +
      "that the state is as new as the host";
  }
  if (tasks.some(({ upid }) => settled.has(upid))) return null;
  const reachesBack = (at: number) => hasOneThatEnded(reads, { at, signal });
  if (last !== null && await reachesBack(parseUpid(last).starttime)) {
    return `The node lists none of the agent's tasks, though its list goes back to before ${last}: ` +
      "somebody changed its list of tasks, or another host has the node's name";
  }
  if (!begun && last === null) return null;
  if (await reachesBack(Math.floor(atWork / 1000))) return null;
  return `The node's list of tasks does not go back to ${
    new Date(atWork).toISOString()
  }, when the ` +
    "state was last at work, so nothing shows that the state is as new as the host: the agent was " +
    "off for long, the host was installed anew, its list of tasks was removed, or the token lacks " +
    `Sys.Audit on /nodes/${node}`;
}

/**
 * Whether a task is listed that had ended by a time, epoch seconds: what ended later is listed, too.
 * Ends are cut to whole seconds, so one of that very second may be later.
 */
async function hasOneThatEnded(
  reads: Pick<Reads, "tasks">,
  { at, signal }: { readonly at: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const rows = await reads.tasks({ source: "archive", until: at, limit: MOST, signal });
  return rows.some(({ endtime }) => endtime !== undefined && endtime < at);
}
