/** A task of the agent's own token, as the node lists it. */
export interface OwnTask {
  readonly upid: string;
  /** When it started, epoch seconds (FACTS §2.4). */
  readonly starttime: number;
}

/** What the journal knows of the agent's own tasks. */
export interface JournalAge {
  /** Every task id it holds. */
  readonly upids: ReadonlySet<string>;
  /** When it was last written to by a running agent, epoch milliseconds. */
  readonly lastWrite: number;
}

/**
 * The tasks that show that the state is older than the host: the agent's own, newer than all that
 * its journal knows. So it is after a state was restored from a backup, and then nonces used since
 * are not known to have been used. Nothing signed may run until an operator acknowledges it, which
 * makes a new instance.
 *
 * Ask only after recovery has looked up what was sent without its task id being recorded.
 */
export function newerThanState(tasks: readonly OwnTask[], journal: JournalAge): OwnTask[] {
  return tasks.filter(({ upid, starttime }) =>
    !journal.upids.has(upid) && starttime * 1000 > journal.lastWrite
  );
}
