import type { StateReader } from "../state/mod.ts";
import { readJournal } from "../control/journal.ts";

/** What the state on the disk tells of a guest, in one sentence. */
export function offlineWhy(state: StateReader, vmid: number): string {
  const quarantine = state.quarantines.all().find((row) => row.vmid === vmid);
  const [last] = readJournal(state.operations, { vmid, limit: 1 }).operations;
  const work = last === undefined
    ? "the journal knows nothing of it"
    : "unreadable" in last
    ? "its last operation cannot be read"
    : `its last operation, ${last.kind}, is ${last.state.replaceAll("_", " ")}` +
      (last.said === null ? "" : ` (${last.said})`);
  const held = quarantine === undefined
    ? ""
    : `, and revision ${quarantine.revision} is in quarantine for it: ${quarantine.reason}`;
  return `Guest ${vmid} waits for the daemon, which does not run; ${work}${held}.`;
}

/** What the state on the disk tells of the agent while no daemon runs. Times are epoch ms. */
export interface OfflineStatus {
  readonly instance: string;
  /** When a daemon last started; null before the first one. */
  readonly startedAt: number | null;
  readonly doubt: string | null;
  /** Revision that was applied last; null when none was. */
  readonly revision: string | null;
  /** Guests in quarantine. */
  readonly quarantined: readonly number[];
  /** Operations that have not ended: the next start looks what became of them. */
  readonly unfinished: number;
  /** Wishes that wait for a signature. */
  readonly pending: number;
}

/** @param now epoch milliseconds */
export function offlineStatus(state: StateReader, now: number): OfflineStatus {
  const { id, startedAt, doubt } = state.instances.current();
  return {
    instance: id,
    startedAt,
    doubt,
    revision: state.desired.current("local")?.revision ?? null,
    quarantined: state.quarantines.all().map(({ vmid }) => vmid),
    unfinished: state.operations.unfinished().length,
    pending: state.pending.list(now).length,
  };
}
