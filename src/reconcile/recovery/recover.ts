import { FelhomError } from "../../errors.ts";
import { isReadable, type Operation } from "../../state/mod.ts";
import { BACK_OFF, backOff } from "../queue/back_off.ts";
import type { Work } from "../work.ts";
import { knownTimesOf } from "./blind_spot.ts";
import { doubt, lastWriteOf } from "./doubt.ts";
import { tieUp } from "./tie_up.ts";

/** Not longer between two looks: the watchdog of the unit hears of the agent after each. */
const LIMITS = { ...BACK_OFF, longestMs: 60_000 };

export interface RecoverOptions {
  readonly signal: AbortSignal;
  /** Called whenever recovery got on, or looked in vain once more: it is alive. */
  readonly advanced?: () => void;
}

/** What recovery found, for the log. */
export interface RecoveryReport {
  /** Operations that had not ended. */
  readonly unfinished: number;
  /** Rows of them that cannot be read, or could not be tied up. */
  readonly bad: readonly string[];
  /** Operations that run on: who works on their guest sees to their end. */
  readonly running: readonly string[];
  /** Transactions that are open: who works on their guest makes them undone, before all else there. */
  readonly open: readonly string[];
  /** Why the state seems older than the host; null when it does not. */
  readonly doubt: string | null;
}

/**
 * Ties up the journal's loose ends, before anything may change the host: what was begun is looked up,
 * what was authorised is looked at again. Nothing is changed here, and nothing waited for that may
 * take long: a task or a helper that is at work yet, and transactions that cannot finish, are left to
 * who works on their guest, who sees to them before all else. A row that cannot be read keeps none of
 * the others from it. As long as the node cannot be asked, it is asked again, with back-off; nothing
 * is decided meanwhile.
 *
 * When the signal is aborted it ends early; the next start goes on.
 *
 * @throws {FelhomError} `state.*` when the agent's own state cannot be read
 */
export async function recover(work: Work, options: RecoverOptions): Promise<RecoveryReport> {
  const { signal, advanced = () => {} } = options;
  const { state, clock, log } = work;
  const known = knownTimesOf(state, clock.now());
  const before = known.begun ? null : lastWriteOf(state, clock.now());
  const unfinished = state.operations.unfinished();
  const bad: string[] = [];
  const begun: Operation[] = [];
  for (const row of unfinished) {
    if (signal.aborted) break;
    if (!isReadable(row)) {
      bad.push(`Row ${row.seq} of the journal cannot be read: ${row.unreadable}`);
      continue;
    }
    if (row.state !== "authorised" && row.upid === null) begun.push(row);
    await untilAnswered(work, { signal, advanced }, async () => {
      try {
        return await tieUp(work, row, signal);
      } catch (error) {
        bad.push(`${row.kind} ${row.id} cannot be tied up: ${textOf(error)}`);
        return true;
      }
    });
  }
  await untilAnswered(work, { signal, advanced }, async () => {
    await doubt(work, { before, known, begun, signal });
    return true;
  });
  for (const problem of bad) log.error("a row of the journal is left as it is", { problem });
  const report = {
    unfinished: unfinished.length,
    bad,
    open: state.transactions.open().map(({ id }) => id),
    running: state.operations.unfinished().filter(isReadable)
      .filter((row) => row.state !== "authorised").map(({ id }) => id),
    doubt: state.instances.current().doubt,
  };
  log.info("the journal is recovered", { ...report, complete: !signal.aborted });
  return report;
}

/** Tries again, with back-off, while it says that the node did not answer, or throws that. */
async function untilAnswered(
  { clock, random, log }: Work,
  { signal, advanced }: { readonly signal: AbortSignal; readonly advanced: () => void },
  look: () => Promise<boolean>,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      if (await look()) return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FelhomError) || !error.code.startsWith("proxmox.")) throw error;
      log.warn("the node cannot be asked; recovery waits", { failures, message: error.message });
    } finally {
      advanced();
    }
    try {
      await clock.sleep(backOff(failures, { random: random(), limits: LIMITS }), signal);
    } catch {
      return;
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
