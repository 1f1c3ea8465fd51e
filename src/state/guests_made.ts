import * as z from "zod";
import { textsColumn } from "./row.ts";
import type { Store } from "./store.ts";

/** How long a scratch guest may be destroyed without a signature: one hour. */
export const SCRATCH_LIFE_MS = 3_600_000;

/** A guest the agent made, known by what cannot be renamed. */
export interface GuestMade {
  readonly vmid: number;
  readonly transaction: string;
  /** The operation that made it. */
  readonly operation: string;
  /** The task that made it; `null` when its id was lost. */
  readonly creation: string | null;
  /** Volume ids, sorted. */
  readonly volumes: readonly string[];
  /** Hardware addresses, in capitals, sorted. */
  readonly macs: readonly string[];
  /** Epoch milliseconds. */
  readonly madeAt: number;
  /** Until when it is scratch, in epoch milliseconds; `null` when it never was. */
  readonly scratchUntil: number | null;
  /** When it lost that mark for good. */
  readonly scratchLostAt: number | null;
}

/** A guest that was just made. */
export interface NewGuest {
  readonly vmid: number;
  readonly transaction: string;
  readonly operation: string;
  readonly creation: string | null;
  readonly volumes: readonly string[];
  readonly macs: readonly string[];
  /** Epoch milliseconds. */
  readonly at: number;
  /** Whether it is one of the agent's own drills. @default false */
  readonly scratch?: boolean;
}

const row = z.object({
  vmid: z.int(),
  transaction_id: z.string(),
  operation: z.string(),
  creation_upid: z.string().nullable(),
  volumes: textsColumn,
  macs: textsColumn,
  made_at: z.int(),
  scratch_until: z.int().nullable(),
  scratch_lost_at: z.int().nullable(),
});

const scratchRow = row.pick({ vmid: true });

/** Whether a guest is scratch at a time: within its hour, and never in a desired state. */
export function isScratch(guest: GuestMade, now: number): boolean {
  return guest.scratchUntil !== null && guest.scratchLostAt === null &&
    now >= guest.madeAt && now < guest.scratchUntil;
}

/** Provenance of guests. Written by who made one, as it was made; nothing else counts. */
export class GuestsMade {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The guest the agent made under a VMID and has not seen gone. */
  get(vmid: number): GuestMade | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare(
        `SELECT vmid, transaction_id, operation, creation_upid, volumes, macs, made_at,
           scratch_until, scratch_lost_at
         FROM guest_made WHERE vmid = ? AND gone_at IS NULL`,
      ).get(vmid);
      if (found === undefined) return undefined;
      const parsed = row.parse(found);
      return {
        vmid: parsed.vmid,
        transaction: parsed.transaction_id,
        operation: parsed.operation,
        creation: parsed.creation_upid,
        volumes: parsed.volumes,
        macs: parsed.macs,
        madeAt: parsed.made_at,
        scratchUntil: parsed.scratch_until,
        scratchLostAt: parsed.scratch_lost_at,
      };
    });
  }

  /** Those that were made as scratch and were not seen gone, whatever became of the mark. */
  scratch(): GuestMade[] {
    return this.#store.read(() =>
      this.#store.prepare(
        "SELECT vmid FROM guest_made WHERE scratch_until IS NOT NULL AND gone_at IS NULL ORDER BY vmid",
      ).all().flatMap((found) => this.get(scratchRow.parse(found).vmid) ?? [])
    );
  }

  /** Writes that a guest was made. One of the same VMID before it is gone. */
  record(guest: NewGuest): void {
    this.#store.transaction(() => {
      this.gone(guest.vmid, guest.at);
      this.#store.prepare(
        `INSERT INTO guest_made
           (vmid, transaction_id, operation, creation_upid, volumes, macs, made_at, scratch_until)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        guest.vmid,
        guest.transaction,
        guest.operation,
        guest.creation,
        JSON.stringify(guest.volumes.toSorted()),
        JSON.stringify(guest.macs.map((mac) => mac.toUpperCase()).sort()),
        guest.at,
        guest.scratch === true ? guest.at + SCRATCH_LIFE_MS : null,
      );
    }, { purpose: "finish" });
  }

  /** Writes that a guest is there no longer, and its snapshots with it. */
  gone(vmid: number, at: number): void {
    this.#store.transaction(() => {
      for (const table of ["guest_made", "snapshot_made"] as const) {
        this.#store.prepare(`UPDATE ${table} SET gone_at = ? WHERE vmid = ? AND gone_at IS NULL`)
          .run(at, vmid);
      }
    }, { purpose: "finish" });
  }

  /** Takes the scratch mark, for good, from guests that a desired state names. @returns how many */
  loseScratch(vmids: Iterable<number>, at: number): number {
    return this.#store.transaction(() => {
      const lose = this.#store.prepare(
        `UPDATE guest_made SET scratch_lost_at = ?
         WHERE vmid = ? AND gone_at IS NULL AND scratch_until IS NOT NULL
           AND scratch_lost_at IS NULL`,
      );
      let lost = 0;
      for (const vmid of vmids) lost += Number(lose.run(at, vmid).changes);
      return lost;
    }, { purpose: "finish" });
  }

  /** Forgets guests that were gone before a time. @returns how many */
  prune(before: number, limit: number): number {
    return this.#store.transaction(() =>
      Number(
        this.#store.prepare(
          "DELETE FROM guest_made WHERE id IN (SELECT id FROM guest_made WHERE gone_at < ? LIMIT ?)",
        ).run(before, limit).changes,
      ), { purpose: "finish" });
  }
}
