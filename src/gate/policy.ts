/** How much of something may happen within a while. */
export interface Budget {
  readonly most: number;
  /** Milliseconds. */
  readonly within: number;
}

/** How much of a storage may be given away, as a share of what it has. */
export interface Overcommit {
  /** By the storage's name. */
  readonly storages: Readonly<Record<string, number>>;
  /** By the type that Proxmox names. */
  readonly types: Readonly<Record<string, number>>;
  /** Of any other. */
  readonly otherwise: number;
}

/** The numbers of the gate's rules about quantity. */
export interface Policy {
  /** Stops and shutdowns of one guest. */
  readonly guestStops: Budget;
  readonly guestRestarts: Budget;
  /** Stops and shutdowns of all guests together. */
  readonly hostStops: Budget;
  readonly hostRestarts: Budget;
  /** Starts of one guest; four times as many in a day. */
  readonly guestStarts: Budget;
  /** Starts of all guests together, but for those that restore a desired state that is held. */
  readonly hostStarts: Budget;
  /** How long a desired state has to be in force until it is held, milliseconds. */
  readonly heldAfter: number;
  /** Changes of settings of one guest, and of all together. */
  readonly guestSettings: Budget;
  readonly hostSettings: Budget;
  /**
   * Guests that others than an operator or the agent may have stopped or restarted within an hour: the
   * larger of a number and a share of the guests that are managed.
   */
  readonly asked: { readonly guests: number; readonly share: number };
  /** How many of a kind a storage takes within an hour. */
  readonly hourly: {
    readonly snapshots: number;
    /** Never fewer than there are guests. */
    readonly backups: number;
    readonly creates: number;
    readonly restores: number;
  };
  readonly overcommit: Overcommit;
  /** Share of what may be given away of a storage that only signed work takes. */
  readonly signedShare: number;
  /**
   * How long after signed work of a guest nobody takes a snapshot of it without a signature,
   * milliseconds: on some storages a guest goes back to its latest snapshot alone.
   */
  readonly quietAfterSigned: number;
  /** By how many seconds all managed guests together may hold up a start of the host, or a stop. */
  readonly startupDelays: number;
  /** Snapshots of one guest that the agent took. */
  readonly snapshots: number;
  /** Backups of one guest on one storage that the agent made. */
  readonly backups: number;
  /** Room that stays free on a storage and in its pool: the larger of bytes and share of the whole. */
  readonly reserve: { readonly bytes: number; readonly share: number };
  /** Largest share of a thin pool's metadata that may be used: full metadata stops the pool. */
  readonly metadata: number;
  /** For how long a guest is seen running until the most that it used says what it needs, milliseconds. */
  readonly watchedEnough: number;
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
  guestStarts: { most: 12, within: HOUR },
  hostStarts: { most: 600, within: HOUR },
  heldAfter: HOUR / 6,
  guestSettings: { most: 60, within: HOUR },
  hostSettings: { most: 1200, within: HOUR },
  asked: { guests: 3, share: 0.2 },
  hourly: { snapshots: 240, backups: 60, creates: 60, restores: 60 },
  overcommit: {
    storages: {},
    // What is thin or sparse is never all used at once; on `lvm` each byte is taken when it is given.
    types: { lvm: 1, lvmthin: 1.5, zfspool: 1.5, btrfs: 1.5, dir: 1.5, rbd: 1.5 },
    otherwise: 1,
  },
  signedShare: 0.1,
  quietAfterSigned: HOUR / 6,
  startupDelays: 30 * 60,
  snapshots: 8,
  backups: 32,
  reserve: { bytes: 5 * GIB, share: 0.1 },
  metadata: 0.8,
  watchedEnough: 24 * HOUR,
  margin: { mib: 64, share: 0.125 },
  undoing: 10 * 60_000,
};
