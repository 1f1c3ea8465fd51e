/** How much of something may happen within a while. */
export interface Budget {
  readonly most: number;
  /** Milliseconds. */
  readonly within: number;
}

/** The numbers of the gate's rules about quantity. */
export interface Policy {
  /** Stops and shutdowns of one guest. */
  readonly guestStops: Budget;
  readonly guestRestarts: Budget;
  /** Stops and shutdowns of all guests together. */
  readonly hostStops: Budget;
  readonly hostRestarts: Budget;
  /** Snapshots of one guest. */
  readonly snapshots: number;
  /** Backups of one guest on one storage. */
  readonly backups: number;
  /** Room that stays free on a storage and in its pool: the larger of bytes and share of the whole. */
  readonly reserve: { readonly bytes: number; readonly share: number };
  /** Largest share of a thin pool's metadata that may be used: full metadata stops the pool. */
  readonly metadata: number;
  /** Memory and swap left to a guest over what it uses: the larger of MiB and share of the use. */
  readonly margin: { readonly mib: number; readonly share: number };
  /**
   * How long after it was made the process that asked for it may take something away again, when the
   * node's list of tasks cannot prove that nobody used it. Milliseconds.
   */
  readonly undoing: number;
}

const HOUR = 60 * 60_000;
const GIB = 1024 ** 3;

/** What holds unless something else is said. */
export const POLICY: Policy = {
  guestStops: { most: 6, within: HOUR },
  guestRestarts: { most: 6, within: HOUR },
  hostStops: { most: 600, within: HOUR },
  hostRestarts: { most: 600, within: HOUR },
  snapshots: 8,
  backups: 32,
  reserve: { bytes: 5 * GIB, share: 0.1 },
  metadata: 0.8,
  margin: { mib: 64, share: 0.125 },
  undoing: 10 * 60_000,
};
