import type { Identity } from "./identity.ts";

/** How long a scratch guest stays one, milliseconds. */
export const SCRATCH_LIFE = 60 * 60_000;

/**
 * The journal's mark on a guest that the agent made. Written when it was made, by the journal and
 * by nothing else. It names the instance: what stands under the VMID later may be another guest.
 */
export interface GuestMark extends Identity {
  readonly vmid: number;
  /** The transaction it was made in. */
  readonly transaction: string;
  /** Epoch milliseconds. */
  readonly madeAt: number;
  /** Made as scratch of the agent's own drill, until then (epoch milliseconds); else null. */
  readonly scratchUntil: number | null;
  /** When it lost the mark of scratch, for good; null when it never did. */
  readonly scratchLostAt: number | null;
}

/** The journal's mark on a snapshot that the agent took. */
export interface SnapshotMark {
  readonly vmid: number;
  readonly name: string;
  /** Epoch seconds (`snaptime`). */
  readonly takenAt: number;
  /** Digest of the guest's configuration right after it was taken; null when that is not known. */
  readonly digest: string | null;
  readonly transaction: string;
  /** Whether the guest was stopped then and no task has started it since. */
  readonly stoppedThroughout: boolean;
}

/** A mark as it is once its guest appears in a desired state: no scratch any more, for good. */
export function losingScratch(mark: GuestMark, now: number): GuestMark {
  if (mark.scratchUntil === null || mark.scratchLostAt !== null) return mark;
  return { ...mark, scratchLostAt: now };
}
