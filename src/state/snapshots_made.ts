import * as z from "zod";
import type { Store } from "./store.ts";

/** A snapshot the agent made, known by the time Proxmox gave it: names can be given twice. */
export interface SnapshotMade {
  readonly vmid: number;
  readonly name: string;
  /** Epoch seconds, by the node's clock (FACTS §3.8). */
  readonly snaptime: number;
  /** Digest of the guest's configuration right after it was made; `null` when it was not read. */
  readonly digest: string | null;
  readonly transaction: string;
  readonly operation: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const row = z.object({
  vmid: z.int(),
  name: z.string(),
  snaptime: z.int(),
  digest: z.string().nullable(),
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
        `SELECT vmid, name, snaptime, digest, transaction_id, operation, made_at
         FROM snapshot_made WHERE vmid = ? AND name = ? AND gone_at IS NULL`,
      ).get(vmid, name);
      if (found === undefined) return undefined;
      const { transaction_id: transaction, made_at: at, ...rest } = row.parse(found);
      return { ...rest, transaction, at };
    });
  }

  /** Writes that a snapshot was made. One of the same name before it is gone. */
  record(snapshot: SnapshotMade): void {
    this.#store.transaction(() => {
      this.gone(snapshot.vmid, snapshot.name, snapshot.at);
      this.#store.prepare(
        `INSERT INTO snapshot_made (vmid, name, snaptime, digest, transaction_id, operation, made_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        snapshot.vmid,
        snapshot.name,
        snapshot.snaptime,
        snapshot.digest,
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
