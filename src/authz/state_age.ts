/** A task of the agent's own token, as the node lists it. */
export interface OwnTask {
  readonly upid: string;
  /** Kind of worker, as `vzstart`. */
  readonly type: string;
  /** What it works on, mostly a VMID. */
  readonly id: string;
  /** When it started, epoch seconds by the node's clock (FACTS §2.4). */
  readonly starttime: number;
}

/** A call whose answer was lost: tasks of these kinds and ids, started in this while, may be its own. */
export interface LostCall {
  readonly types: readonly string[];
  readonly ids: readonly string[];
  /** The node's clock before it was sent, and when it started its task at the latest; epoch seconds. */
  readonly from: number;
  readonly until: number;
}

/** What the state knows of the agent's own tasks. */
export interface KnownTasks {
  /** Ids of its journal, and those that were noted beside it. */
  readonly upids: ReadonlySet<string>;
  readonly lost: readonly LostCall[];
}

/** The tasks that the state does not know by their ids. */
export interface StrangeTasks {
  /** They may be of calls whose answers were lost. */
  readonly explained: readonly OwnTask[];
  /** They show that the state is older than the host. */
  readonly unknown: readonly OwnTask[];
}

/**
 * Holds the agent's own tasks, as the node lists them, against what the state knows. One that nothing
 * explains was started while the host had another state: so it is after a state was restored from a
 * backup, and then nonces used since are not known to have been used. Nothing signed may run until an
 * operator acknowledges it, which makes a new instance.
 *
 * Tasks are told by their ids and by no clock of the agent's: a row dated ahead, a clock that was
 * wrong and a task of the same second hide nothing.
 *
 * Ask only after recovery has looked up what was sent without its task id being recorded.
 */
export function strangeTasks(tasks: readonly OwnTask[], { upids, lost }: KnownTasks): StrangeTasks {
  const strange = tasks.filter(({ upid }) => !upids.has(upid));
  const isOf = ({ type, id, starttime }: OwnTask) => (call: LostCall) =>
    call.types.includes(type) && call.ids.includes(id) &&
    starttime >= call.from && starttime <= call.until;
  return {
    explained: strange.filter((task) => lost.some(isOf(task))),
    unknown: strange.filter((task) => !lost.some(isOf(task))),
  };
}
