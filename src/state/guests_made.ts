import * as z from "zod";
import { isOwnLock, isOwnRun } from "./own_work.ts";
import { textsColumn } from "./row.ts";
import type { Store } from "./store.ts";

/** How long a scratch guest may be destroyed without a signature: a day. */
export const SCRATCH_LIFE_MS = 24 * 3_600_000;

/** Why scratch that was not on this node for a while is scratch no more. */
export const AWAY = "it was away from this node";

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
  /** Digest of its configuration right after it was made; `null` when nobody noted it. */
  readonly digest: string | null;
  /** Digest of its configuration as the agent's own last step left it; `null` when nobody knows. */
  readonly lastDigest: string | null;
  /** Epoch milliseconds. */
  readonly madeAt: number;
  /** When it was first started, or seen running or locked by somebody; `null` when it never was. */
  readonly ranAt: number | null;
  /** When a desired state first named it; `null` when none did. */
  readonly desiredAt: number | null;
  /** Until when it is scratch, in epoch milliseconds; `null` when it never was. */
  readonly scratchUntil: number | null;
  /** When it lost that mark for good. */
  readonly scratchLostAt: number | null;
  /** Why, as `a link of it was up`; `null` when it has it yet, or lost it before that was kept. */
  readonly scratchLostWhy: string | null;
}

/** A guest that was just made. */
export interface NewGuest {
  readonly vmid: number;
  readonly transaction: string;
  readonly operation: string;
  readonly creation: string | null;
  readonly volumes: readonly string[];
  readonly macs: readonly string[];
  /** @default null: nobody noted it */
  readonly digest?: string | null;
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
  digest: z.string().nullable(),
  last_digest: z.string().nullable(),
  made_at: z.int(),
  ran_at: z.int().nullable(),
  desired_at: z.int().nullable(),
  scratch_until: z.int().nullable(),
  scratch_lost_at: z.int().nullable(),
  scratch_lost_why: z.string().nullable(),
});

const vmidRow = row.pick({ vmid: true });

/** Whether a guest is marked as scratch at a time: within its day, and the mark was not lost. */
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
        `SELECT vmid, transaction_id, operation, creation_upid, volumes, macs, digest,
           last_digest, made_at, ran_at, desired_at, scratch_until, scratch_lost_at,
           scratch_lost_why
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
        digest: parsed.digest,
        lastDigest: parsed.last_digest,
        madeAt: parsed.made_at,
        ranAt: parsed.ran_at,
        desiredAt: parsed.desired_at,
        scratchUntil: parsed.scratch_until,
        scratchLostAt: parsed.scratch_lost_at,
        scratchLostWhy: parsed.scratch_lost_why,
      };
    });
  }

  /** Those that were made as scratch and were not seen gone, whatever became of the mark. */
  scratch(): GuestMade[] {
    return this.#store.read(() =>
      this.#store.prepare(
        "SELECT vmid FROM guest_made WHERE scratch_until IS NOT NULL AND gone_at IS NULL ORDER BY vmid",
      ).all().flatMap((found) => this.get(vmidRow.parse(found).vmid) ?? [])
    );
  }

  /** Writes that a guest was made. One of the same VMID before it is gone. */
  record(guest: NewGuest): void {
    this.#store.transaction(() => {
      this.gone(guest.vmid, guest.at);
      this.#store.prepare(
        `INSERT INTO guest_made
           (vmid, transaction_id, operation, creation_upid, volumes, macs, digest, last_digest,
            made_at, scratch_until)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        guest.vmid,
        guest.transaction,
        guest.operation,
        guest.creation,
        JSON.stringify(guest.volumes.toSorted()),
        JSON.stringify(guest.macs.map((mac) => mac.toUpperCase()).sort()),
        guest.digest ?? null,
        guest.digest ?? null,
        guest.at,
        guest.scratch === true ? guest.at + SCRATCH_LIFE_MS : null,
      );
    }, { purpose: "finish" });
  }

  /** Writes that a guest is there no longer, its snapshots with it, and what was known of its memory. */
  gone(vmid: number, at: number): void {
    this.#store.transaction(() => {
      for (const table of ["guest_made", "snapshot_made"] as const) {
        this.#store.prepare(`UPDATE ${table} SET gone_at = ? WHERE vmid = ? AND gone_at IS NULL`)
          .run(at, vmid);
      }
      this.#store.prepare("DELETE FROM guest_memory WHERE vmid = ?").run(vmid);
    }, { purpose: "finish" });
  }

  /**
   * Writes that guests were seen running. What the agent has not started itself, or has stopped since,
   * was started by somebody else: such a guest is no scratch any more.
   *
   * @param since when the look began @default at
   * @returns those of which it was not known
   */
  sawRunning(vmids: readonly number[], at: number, since = at): readonly number[] {
    return this.#claimed(vmids).filter((vmid) =>
      this.#store.transaction(() => {
        const news = this.ran(vmid, at);
        return !isOwnRun(this.#store, vmid, since) &&
            this.loseScratch(vmid, at, "it ran without the agent") || news;
      }, { purpose: "finish" })
    );
  }

  /**
   * Writes that guests were seen locked. A lock that is none of the agent's own work is somebody's who
   * works on the guest, and puts something into it or takes it out: it is the agent's own no more.
   *
   * @param since when the look began @default at
   * @returns those of which it was not known
   */
  sawLocked(
    seen: readonly { readonly vmid: number; readonly lock: string }[],
    at: number,
    since = at,
  ): readonly number[] {
    const claimed = new Set(this.#claimed(seen.map(({ vmid }) => vmid)));
    return seen.filter(({ vmid, lock }) =>
      claimed.has(vmid) && this.#store.transaction(() => {
        if (isOwnLock(this.#store, vmid, { lock, since })) return false;
        const news = this.ran(vmid, at);
        const why = `somebody locked it (${lock})`;
        return this.loseScratch(vmid, at, why) || news;
      }, { purpose: "finish" })
    ).map(({ vmid }) => vmid);
  }

  /**
   * Writes that a guest is started or worked on, or was: it has not been left alone throughout, whatever
   * follows.
   *
   * @returns whether it was not known
   */
  ran(vmid: number, at: number): boolean {
    return this.#store.transaction(() => {
      const guest = this.#store.prepare(
        "UPDATE guest_made SET ran_at = ? WHERE vmid = ? AND gone_at IS NULL AND ran_at IS NULL",
      ).run(at, vmid);
      const snapshots = this.#store.prepare(
        `UPDATE snapshot_made SET stopped_throughout = 0
         WHERE vmid = ? AND gone_at IS NULL AND stopped_throughout = 1`,
      ).run(vmid);
      return Number(guest.changes) + Number(snapshots.changes) > 0;
    }, { purpose: "finish" });
  }

  /** Writes that a desired state names guests: they are nobody's scratch any more, for good. */
  named(vmids: Iterable<number>, at: number): void {
    const news = this.#notDesired([...vmids]);
    if (news.length === 0) return;
    this.#store.transaction(() => {
      const name = this.#store.prepare(
        `UPDATE guest_made SET desired_at = ?
         WHERE vmid = ? AND gone_at IS NULL AND desired_at IS NULL`,
      );
      for (const vmid of news) {
        name.run(at, vmid);
        this.loseScratch(vmid, at, "a desired state named it");
      }
    }, { purpose: "finish" });
  }

  /**
   * Writes with which configuration a step of the agent's own left scratch.
   *
   * @param digest null when nobody knows any more
   */
  leftAs(vmid: number, digest: string | null): void {
    this.#store.transaction(() => {
      this.#store.prepare(
        `UPDATE guest_made SET last_digest = ?
         WHERE vmid = ? AND gone_at IS NULL AND scratch_until IS NOT NULL`,
      ).run(digest, vmid);
    }, { purpose: "finish" });
  }

  /**
   * Takes the scratch mark from a guest, for good.
   *
   * @param why as `a link of it was up`
   * @returns whether it had one
   */
  loseScratch(vmid: number, at: number, why: string): boolean {
    return this.#store.transaction(() =>
      this.#store.prepare(
        `UPDATE guest_made SET scratch_lost_at = ?, scratch_lost_why = ?
         WHERE vmid = ? AND gone_at IS NULL AND scratch_until IS NOT NULL
           AND scratch_lost_at IS NULL`,
      ).run(at, why, vmid).changes === 1, { purpose: "finish" });
  }

  /** Takes what marks are good for from all guests, for good: the state was found to be an old one. */
  endAll(at: number): void {
    this.#store.transaction(() => {
      this.#store.prepare(
        "UPDATE guest_made SET ran_at = ? WHERE gone_at IS NULL AND ran_at IS NULL",
      ).run(at);
      this.#store.prepare(
        `UPDATE guest_made SET scratch_lost_at = ?, scratch_lost_why = ?
         WHERE gone_at IS NULL AND scratch_until IS NOT NULL AND scratch_lost_at IS NULL`,
      ).run(at, "the agent's state was found to be an old one");
      this.#store.prepare("UPDATE snapshot_made SET stopped_throughout = 0").run();
    }, { purpose: "finish" });
  }

  /** Those of the VMIDs whose mark, or whose snapshots' marks, are good for something yet. Mostly none. */
  #claimed(vmids: readonly number[]): readonly number[] {
    return this.#among(
      vmids,
      `SELECT vmid FROM guest_made WHERE gone_at IS NULL
         AND (ran_at IS NULL OR scratch_until IS NOT NULL AND scratch_lost_at IS NULL)
       UNION SELECT vmid FROM snapshot_made WHERE gone_at IS NULL AND stopped_throughout = 1`,
    );
  }

  /** Those of the VMIDs whose mark does not say yet that a desired state names them. */
  #notDesired(vmids: readonly number[]): readonly number[] {
    return this.#among(
      vmids,
      "SELECT vmid FROM guest_made WHERE gone_at IS NULL AND desired_at IS NULL",
    );
  }

  #among(vmids: readonly number[], query: string): readonly number[] {
    if (vmids.length === 0) return [];
    return this.#store.read(() => {
      const found = new Set(
        this.#store.prepare(query).all().map((each) => vmidRow.parse(each).vmid),
      );
      return vmids.filter((vmid) => found.has(vmid));
    });
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
