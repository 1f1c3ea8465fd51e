import type { Identity } from "./identity.ts";

/** For how long what the agent made may be its own to take away without a signature, milliseconds. */
export const UNSIGNED_LIFE = 24 * 60 * 60_000;

/**
 * The journal's mark on a guest that the agent made. Written when it was made, by the journal and
 * by nothing else. It names the instance: what stands under the VMID later may be another guest.
 */
export interface GuestMark extends Identity {
  readonly vmid: number;
  /** The transaction it was made in. */
  readonly transaction: string;
  /** Digest of its configuration right after it was made; null when that is not known. */
  readonly digest: string | null;
  /** Digest of its configuration as the agent's own last step left it; null when that is not known. */
  readonly lastDigest: string | null;
  /** Epoch milliseconds. */
  readonly madeAt: number;
  /** When it was first started, or seen running or locked by somebody; null when it never was. */
  readonly ranAt: number | null;
  /** When a desired state first named it; null when none did. */
  readonly desiredAt: number | null;
  /** Made as scratch of the agent's own drill, until then (epoch milliseconds); else null. */
  readonly scratchUntil: number | null;
  /** When it lost the mark of scratch, for good; null when it never did. */
  readonly scratchLostAt: number | null;
  /** Why, as `a link of it was up`; null when it never did, or that was not kept. */
  readonly scratchLostWhy: string | null;
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
  /** Whether the guest was stopped then, and was seen neither running nor locked by somebody since. */
  readonly stoppedThroughout: boolean;
  /**
   * Whether a rollback of the guest began since and did not end well, as far as anybody knows. On
   * LVM-thin a rollback removes the volume and makes it anew from the snapshot: what is broken off in
   * between leaves the snapshot as the only copy.
   */
  readonly rollbackUnclean: boolean;
}
