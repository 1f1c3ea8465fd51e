import * as z from "zod";
import type { Store } from "./store.ts";

/** A snapshot the agent made, known by the time Proxmox gave it: names can be given twice. */
export interface SnapshotMade {
  readonly vmid: number;
  readonly name: string;
  /** Epoch seconds, by the node's clock (FACTS §3.8). */
  readonly takenAt: number;
  /** Digest of the guest's configuration right after it was made; `null` when it was not read. */
  readonly digest: string | null;
  /** Whether the guest was stopped then and has not been started since. */
  readonly stoppedThroughout: boolean;
  readonly transaction: string;
  readonly operation: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const COLUMNS =
  "vmid, name, snaptime, digest, stopped_throughout, transaction_id, operation, made_at";
const row = z.object({
  vmid: z.int(),
  name: z.string(),
  snaptime: z.int(),
  digest: z.string().nullable(),
  stopped_throughout: z.int(),
  transaction_id: z.string(),
  operation: z.string(),
  made_at: z.int(),
});

/** Provenance of snapshots. */
export class SnapshotsMade {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The snapshot the agent made under a name and has not seen gone. */
  get(vmid: number, name: string): SnapshotMade | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare(
        `SELECT ${COLUMNS} FROM snapshot_made WHERE vmid = ? AND name = ? AND gone_at IS NULL`,
      ).get(vmid, name);
      return found === undefined ? undefined : toSnapshot(found);
    });
  }

  /** The snapshots of a guest that the agent made and has not seen gone. */
  of(vmid: number): SnapshotMade[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT ${COLUMNS} FROM snapshot_made WHERE vmid = ? AND gone_at IS NULL ORDER BY id`,
      ).all(vmid).map(toSnapshot)
    );
  }

  /** Writes how the configuration is after the guest was taken back to one of its snapshots. */
  tookBack(vmid: number, name: string, digest: string): void {
    this.#store.transaction(() =>
      void this.#store.prepare(
        "UPDATE snapshot_made SET digest = ? WHERE vmid = ? AND name = ? AND gone_at IS NULL",
      ).run(digest, vmid, name), { purpose: "finish" });
  }

  /** Writes that a snapshot was made. One of the same name before it is gone. */
  record(snapshot: SnapshotMade): void {
    this.#store.transaction(() => {
      this.gone(snapshot.vmid, snapshot.name, snapshot.at);
      this.#store.prepare(
        `INSERT INTO snapshot_made (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        snapshot.vmid,
        snapshot.name,
        snapshot.takenAt,
        snapshot.digest,
        snapshot.stoppedThroughout ? 1 : 0,
        snapshot.transaction,
        snapshot.operation,
        snapshot.at,
      );
    }, { purpose: "finish" });
  }

  /** Writes that a snapshot is there no longer. */
  gone(vmid: number, name: string, at: number): void {
    this.#store.transaction(() =>
      void this.#store.prepare(
        "UPDATE snapshot_made SET gone_at = ? WHERE vmid = ? AND name = ? AND gone_at IS NULL",
      ).run(at, vmid, name), { purpose: "finish" });
  }

  /** Forgets snapshots that were gone before a time. @returns how many */
  prune(before: number, limit: number): number {
    return this.#store.transaction(() =>
      Number(
        this.#store.prepare(
          `DELETE FROM snapshot_made WHERE id IN
             (SELECT id FROM snapshot_made WHERE gone_at < ? LIMIT ?)`,
        ).run(before, limit).changes,
      ), { purpose: "finish" });
  }
}

function toSnapshot(found: unknown): SnapshotMade {
  const parsed = row.parse(found);
  return {
    vmid: parsed.vmid,
    name: parsed.name,
    takenAt: parsed.snaptime,
    digest: parsed.digest,
    stoppedThroughout: parsed.stopped_throughout === 1,
    transaction: parsed.transaction_id,
    operation: parsed.operation,
    at: parsed.made_at,
  };
}
