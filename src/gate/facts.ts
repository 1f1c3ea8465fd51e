import type { Deed, Reservation } from "./capacity_facts.ts";
import type { IdentityParts } from "./identity.ts";
import type { GuestMark, SnapshotMark } from "./marks.ts";
import type {
  AllowLists,
  InterfaceFacts,
  MacFacts,
  MemoryFacts,
  Peak,
  StartupFacts,
} from "./resources.ts";

/** VMIDs that the agent may touch, both ends included. */
export interface VmidRange {
  readonly first: number;
  readonly last: number;
}

/** A snapshot as Proxmox lists it. */
export interface SnapshotFacts {
  readonly name: string;
  /** Epoch seconds (`snaptime`). */
  readonly takenAt: number;
}

/** What a guest's configuration says, of what the gate looks at. */
export interface ConfigFacts {
  /** SHA-1 of the file (FACTS §3.2). */
  readonly digest: string;
  readonly identity: IdentityParts;
  /** Whether every interface is down; true of a guest without any. */
  readonly linkDown: boolean;
  /** Whether a script of the host's runs as the guest starts and stops. */
  readonly hookScript: boolean;
  /** MiB, as configured now. */
  readonly memory: number;
  /** MiB, as configured now. */
  readonly swap: number;
  readonly snapshots: readonly SnapshotFacts[];
}

/** A guest of this node. */
export interface GuestFacts {
  readonly name: string;
  readonly running: boolean;
  /** Null when the configuration cannot be read: run state can be changed then, nothing else. */
  readonly config: ConfigFacts | null;
  /** What it uses now, MiB; null when that is not known. Zero when it is stopped. */
  readonly usage: { readonly memory: number; readonly swap: number } | null;
}

/** What stands under a VMID. */
export type Place =
  | { readonly kind: "free" }
  | { readonly kind: "here"; readonly guest: GuestFacts }
  /** A guest of another node, or a virtual machine: none of the agent's business. */
  | { readonly kind: "elsewhere" }
  /** Nobody could tell. */
  | { readonly kind: "unknown" };

/** Room in bytes. */
export interface Room {
  readonly available: number;
  readonly total: number;
}

/** A storage, and what lies under it when it is thinly provisioned. */
export interface StorageFacts extends Room {
  /** The thin pool: what its volumes claim is more than it has, so its own room counts too. */
  readonly pool: Room | null;
  /** The pool's metadata, which runs out on its own; null when there is none or nobody can see. */
  readonly metadata: Room | null;
}

/** When guests were interrupted, epoch milliseconds, for as long back as a budget reaches. */
export interface History {
  /** Stops and shutdowns of this guest. */
  readonly guestStops: readonly number[];
  /** Restarts of this guest. */
  readonly guestRestarts: readonly number[];
  /** Stops and shutdowns of all guests. */
  readonly hostStops: readonly number[];
  /** Restarts of all guests. */
  readonly hostRestarts: readonly number[];
}

/** What the node's list of tasks says of the time since something was made. */
export type TasksSince =
  /** It reaches back to the making, and shows the tasks of everybody. */
  | {
    readonly kind: "complete";
    /** Tasks on the guest that the journal does not know: ids. */
    readonly foreign: readonly string[];
  }
  | { readonly kind: "unproven"; readonly why: string };

/** The time since the agent made what an action would take away. */
export interface Since {
  /**
   * Milliseconds since its making was last seen under way by this very process, by the monotonic
   * clock; null when an earlier process made it.
   */
  readonly agoMs: number | null;
  readonly tasks: TasksSince;
}

/** Signed work of a guest that what nobody signed must not get in the way of. */
export interface SignedWork {
  /** Whether an operation that an operator signed waits, or is at work. */
  readonly open: boolean;
  /** When one was last taken or ended, epoch milliseconds; null when the journal has none. */
  readonly lastAt: number | null;
  /** Who wished for a rollback that waits for a signature. */
  readonly rollbackWishedBy: readonly string[];
}

/** What a rollback to another snapshot than the latest fails on. */
export interface RollbackFacts {
  /** Storages of the guest's volumes that go back to the latest snapshot alone (FACTS §3.7). */
  readonly latestOnly: readonly string[];
  /** Whether the agent takes a snapshot of the guest now, which is not listed yet. */
  readonly snapshotUnderWay: boolean;
}

/**
 * Everything a decision rests on besides the intent: read from the host, from the journal and from
 * the configuration just before. Nothing of it comes from a hub, and tags have no place in it.
 */
export interface Facts {
  /** Epoch milliseconds. The gate puts its own clock's time here. */
  readonly now: number;
  /** The VMID that all of this is about; null for an action about the host. */
  readonly subject: number | null;
  /** From the agent's own configuration, which is root's. */
  readonly managed: VmidRange;
  /**
   * Whether the journal knows all that was done. When the host knows newer tasks of the agent, the
   * state is an old copy, and what it says of who made what proves nothing.
   */
  readonly journal: "current" | "older_than_host";
  /** What stands under the subject. */
  readonly place: Place;
  /** What stands under the fresh VMID of a restore; "unknown" when the action has none. */
  readonly newPlace: Place;
  /** The journal's mark on the guest that stands there; null when the agent did not make it. */
  readonly made: GuestMark | null;
  /** The journal's marks on its snapshots. */
  readonly snapshotsMade: readonly SnapshotMark[];
  /** The time since that was made which the action would take away; null when the agent did not make it. */
  readonly since: Since | null;
  /** VMIDs of the agent's own drills; null when none are set apart. */
  readonly drills: VmidRange | null;
  /** Transactions that are open now. */
  readonly openTransactions: readonly string[];
  /** Whether any desired state names the subject. */
  readonly desired: boolean;
  /**
   * Golden images that are pinned, by volume id, and are still what was pinned; null when one is
   * pinned that cannot be looked at now.
   */
  readonly goldenImages: readonly string[] | null;
  /** By storage id. */
  readonly storages: Readonly<Record<string, StorageFacts>>;
  /** What the action will write at most, bytes; null when nobody can tell. */
  readonly expectedBytes: number | null;
  /** What is given away, by storage id; only of storages that the action writes to. */
  readonly reservations: Readonly<Record<string, Reservation>>;
  /**
   * Backups of the guest that the agent made and that are on the storage that a new one would go to;
   * null when not known.
   */
  readonly backups: number | null;
  /** What the agent did of what the action's budgets and caps count, as far back as they reach. */
  readonly deeds: readonly Deed[];
  /** Guests of the managed range that are there; null when nobody can tell. */
  readonly managedGuests: number | null;
  /**
   * Since when the desired state in force says that the subject runs, epoch milliseconds; null when it
   * does not, or when that is not known.
   */
  readonly runsSince: number | null;
  readonly history: History;
  /** The subject's; null when the action takes no snapshot. */
  readonly signedWork: SignedWork | null;
  /** Null when the action takes no guest back. */
  readonly rollback: RollbackFacts | null;
  /** Storages and guests that use an enrolled disk; null when not known, or of no matter. */
  readonly diskUsers: readonly string[] | null;
  /** From the agent's own configuration, which is root's. */
  readonly allowed: AllowLists;
  /** Interfaces that a restore brings back; null when not known, or when nothing is restored. */
  readonly restoredInterfaces: readonly InterfaceFacts[] | null;
  /**
   * Guests that cannot be read are not among them. Null when the node's guests cannot be listed, or
   * when the action starts none.
   */
  readonly macs: MacFacts | null;
  /** Null when not known, or when the action gives no guest more. */
  readonly memory: MemoryFacts | null;
  /** Null when not known, or when the action sets no delay. */
  readonly startup: StartupFacts | null;
  /** The subject's; "unknown" too when the action takes no memory away. */
  readonly peak: Peak;
  /** The most memory that the subject was ever configured with, MiB; null when nobody noted it. */
  readonly mostMemory: number | null;
}
