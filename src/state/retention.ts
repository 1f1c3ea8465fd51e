import type { Audit } from "./audit.ts";
import type { GuestsMade } from "./guests_made.ts";
import type { Nonces } from "./nonces.ts";
import type { Operations } from "./operations.ts";
import type { Pending } from "./pending.ts";
import type { SnapshotsMade } from "./snapshots_made.ts";
import type { TimeMark } from "./time_mark.ts";
import type { Transactions } from "./transactions.ts";

const DAY = 24 * 3_600_000;

/**
 * How long what is kept. What has not ended is kept until it ends; sets of signers and provenance of
 * what is still there are kept for good.
 */
export const RETENTION = {
  /** Operations that ended, with their transitions and documents. */
  operationsMs: 400 * DAY,
  /** And at most so many of them that nobody signed and that lost nothing for good. */
  operations: 100_000,
  /**
   * What was signed, what cannot be undone, who is believed and what was acknowledged, in journal and
   * audit, whatever its number. A configuration may say another time.
   */
  lastingMs: 730 * DAY,
  /** Guests and snapshots the agent made, after they are gone. */
  provenanceMs: 400 * DAY,
  /** Links of the audit chain that need not last. */
  auditMs: 400 * DAY,
  /** And at most so many of each class. */
  auditLinks: { benign: 100_000, refused: 25_000, submission: 25_000 },
  /**
   * A nonce is kept until its document ended this long before the time mark. A clock may be 5
   * minutes behind the mark and still be believed: twice that, and no clock that is believed finds
   * the document valid.
   */
  nonceBehindMarkMs: 10 * 60_000,
  /** Rows of a kind in one go: a few milliseconds. */
  batch: 500,
} as const;

/** What {@linkcode prune} works on. */
export interface Prunable {
  readonly operations: Operations;
  readonly transactions: Transactions;
  readonly nonces: Nonces;
  readonly guests: GuestsMade;
  readonly snapshots: SnapshotsMade;
  readonly audit: Audit;
  readonly pending: Pending;
  readonly timeMark: TimeMark;
}

/**
 * Removes what need not be kept, a batch of each kind: call it now and then, and again at once as
 * long as it removed a whole batch of something.
 *
 * Ages are taken from the time mark where that is behind the clock: a clock that jumps ahead for a
 * moment must not empty the journal.
 *
 * @param now epoch milliseconds
 * @param lastingMs how long that is kept which lasts, milliseconds
 * @returns how many rows of each kind
 */
export function prune(
  state: Prunable,
  now: number,
  lastingMs: number,
): Record<Exclude<keyof Prunable, "timeMark">, number> {
  const { batch, operationsMs, provenanceMs, auditMs, auditLinks } = RETENTION;
  const mark = state.timeMark.get();
  const sure = mark === undefined ? Number.NEGATIVE_INFINITY : Math.min(now, mark);
  const old = (age: number) => Math.max(sure - age, Number.MIN_SAFE_INTEGER);
  return {
    operations: state.operations.prune({
      before: old(operationsMs),
      until: Math.max(now, mark ?? now),
      keep: RETENTION.operations,
      lastingBefore: old(lastingMs),
      limit: batch,
    }),
    transactions: state.transactions.prune(old(operationsMs), batch),
    nonces: state.nonces.prune(old(RETENTION.nonceBehindMarkMs), batch),
    guests: state.guests.prune(old(provenanceMs), batch),
    snapshots: state.snapshots.prune(old(provenanceMs), batch),
    audit: state.audit.prune({
      at: now,
      before: old(auditMs),
      keep: auditLinks,
      lastingBefore: old(lastingMs),
      limit: batch,
    }),
    pending: state.pending.prune(now),
  };
}
