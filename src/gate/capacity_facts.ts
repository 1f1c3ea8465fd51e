import type { ActionKind, Source } from "../action/mod.ts";

/**
 * What of a storage is given away, bytes. Sizes are those configured, as if all were full. Where
 * storages share a pool, all of it is of the pool, but for what the action adds.
 */
export interface Reservation {
  /** As Proxmox names it: `lvmthin`, `dir`; null when it does not say. */
  readonly type: string | null;
  readonly total: number;
  /** Volumes of guests whose configuration can be read. */
  readonly volumes: number;
  /** Their snapshots, each as large as what it is of. */
  readonly snapshots: number;
  /** All else that lies there: what the storage shows as used, less what of it is in volumes. */
  readonly rest: number;
  /** What was let through and may not be among the others yet. */
  readonly promised: number;
  /** Other storages that take from the same room, by name. */
  readonly pool: readonly string[];
  /** What the action that is decided on adds; null when nobody can tell. */
  readonly added: number | null;
  /** What was promised after this mark is not among the volumes and snapshots. */
  readonly mark: number;
}

/** Something that the agent itself did, or is about to do. What others do is none of it. */
export interface Deed {
  readonly kind: ActionKind;
  readonly vmid: number | null;
  /** When it was let through, epoch milliseconds. */
  readonly at: number;
  /** Whether it takes a running guest down: of backups only those in mode `stop` do. */
  readonly interrupts: boolean;
  /** Where it writes; null when that is not known: then it counts everywhere. */
  readonly storages: readonly string[] | null;
  /** Whether the agent did it to bring a guest to its desired state. */
  readonly desired: boolean;
  /** Null when the journal does not say. */
  readonly source: Source | null;
}
