import * as z from "zod";
import type { Store } from "./store.ts";

/** What the pending operations are held to. */
export const PENDING_LIMITS = {
  perSource: 32,
  inAll: 256,
  /** Nothing waits longer than a week. */
  lifeMs: 7 * 24 * 3_600_000,
  /** The same wish again is written down at most once in this time. */
  quietMs: 60_000,
  /**
   * A wish that came further ahead of now than this came by a clock that was wrong: its document is
   * not valid for as long, so it keeps no other of the kind from its place.
   */
  aheadMs: 5 * 60_000,
} as const;

/** Which rows wait, by now and by how far ahead of it one may have come. */
const WAITS = "expires_at > ? AND first_at <= ?";

/** A destructive wish that waits for a signature. */
export interface PendingOperation {
  readonly id: number;
  /** Who wishes it, as "hub" or "control socket". */
  readonly source: string;
  readonly kind: string;
  readonly vmid: number | null;
  /** The exact document to sign. */
  readonly document: string;
  /** Why it needs a signature. */
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** How often it was wished. */
  readonly times: number;
  readonly expiresAt: number;
}

/** A wish as it comes. */
export interface NewPending {
  readonly source: string;
  /** The same for the same wish, whatever nonce its document has. */
  readonly key: string;
  readonly kind: string;
  readonly vmid: number | null;
  readonly document: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly expiresAt: number;
}

const row = z.object({
  id: z.int(),
  source: z.string(),
  kind: z.string(),
  vmid: z.int().nullable(),
  document: z.string(),
  reason: z.string(),
  first_at: z.int(),
  last_at: z.int(),
  times: z.int(),
  expires_at: z.int(),
});
const knownRow = row.pick({ id: true, last_at: true });
const idRow = row.pick({ id: true });
const countRow = z.object({ of_source: z.int(), in_all: z.int() });

/**
 * The pending operations: capped, one for each wish, gone when they expire. A flood of wishes costs
 * neither room nor writes, and does not push out what was there before it.
 */
export class Pending {
  readonly #store: Store;
  /** Times not yet written, by id. As many as there are rows. */
  readonly #unwritten = new Map<number, number>();
  #dropped = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Wishes that found no place since the daemon started. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Those that came and have not expired, oldest first. */
  list(now: number): PendingOperation[] {
    return this.#store.read(() =>
      this.#store.prepare(
        `SELECT id, source, kind, vmid, document, reason, first_at, last_at, times, expires_at
         FROM pending WHERE ${WAITS} ORDER BY id`,
      ).all(now, now + PENDING_LIMITS.aheadMs).map((found) => {
        const { first_at, last_at, expires_at, times, ...rest } = row.parse(found);
        return {
          ...rest,
          firstAt: first_at,
          lastAt: last_at,
          times: times + (this.#unwritten.get(rest.id) ?? 0),
          expiresAt: expires_at,
        };
      })
    );
  }

  /**
   * Keeps a wish. One that is there already stays with the document it has, which an operator may
   * be about to sign.
   *
   * @returns "known" when it was there, "dropped" when there is no place
   * @throws {FelhomError} those of {@linkcode Store.transaction}
   */
  add(wish: NewPending): "added" | "known" | "dropped" {
    const known = this.#known(wish);
    if (known !== undefined && wish.at - known.last_at < PENDING_LIMITS.quietMs) {
      this.#unwritten.set(known.id, (this.#unwritten.get(known.id) ?? 0) + 1);
      return "known";
    }
    if (known === undefined && this.#isFull(wish)) {
      this.#dropped++;
      return "dropped";
    }
    this.#store.transaction(() => {
      this.#expire(wish.at);
      if (known === undefined) this.#insert(wish);
      else this.#seenAgain(known.id, wish.at);
    });
    if (known !== undefined) this.#unwritten.delete(known.id);
    return known === undefined ? "added" : "known";
  }

  /** Removes one: it was signed, or nobody wishes it any longer. */
  remove(id: number): void {
    this.#store.transaction(
      () => void this.#store.prepare("DELETE FROM pending WHERE id = ?").run(id),
      { purpose: "finish" },
    );
    this.#unwritten.delete(id);
  }

  /** Removes what has expired. @returns how many */
  prune(now: number): number {
    return this.#store.transaction(() => this.#expire(now), { purpose: "finish" });
  }

  #known({ source, key, at }: NewPending): z.infer<typeof knownRow> | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare(
        `SELECT id, last_at FROM pending WHERE source = ? AND key = ? AND ${WAITS}`,
      ).get(source, key, at, at + PENDING_LIMITS.aheadMs);
      return found === undefined ? undefined : knownRow.parse(found);
    });
  }

  #isFull({ source, at }: NewPending): boolean {
    const { of_source, in_all } = this.#store.read(() =>
      countRow.parse(
        this.#store.prepare(
          `SELECT count(*) FILTER (WHERE source = ?) AS of_source, count(*) AS in_all
           FROM pending WHERE ${WAITS}`,
        ).get(source, at, at + PENDING_LIMITS.aheadMs),
      )
    );
    return of_source >= PENDING_LIMITS.perSource || in_all >= PENDING_LIMITS.inAll;
  }

  #insert(wish: NewPending): void {
    // The same, ahead of its time.
    const early = this.#store.prepare(
      "DELETE FROM pending WHERE source = ? AND key = ? RETURNING id",
    ).get(wish.source, wish.key);
    if (early !== undefined) this.#unwritten.delete(idRow.parse(early).id);
    this.#store.prepare(
      `INSERT INTO pending
         (source, key, kind, vmid, document, reason, first_at, last_at, times, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
    ).run(
      wish.source,
      wish.key,
      wish.kind,
      wish.vmid,
      wish.document,
      wish.reason,
      wish.at,
      wish.at,
      Math.min(wish.expiresAt, wish.at + PENDING_LIMITS.lifeMs),
    );
  }

  #seenAgain(id: number, at: number): void {
    this.#store.prepare("UPDATE pending SET last_at = ?, times = times + ? WHERE id = ?")
      .run(at, 1 + (this.#unwritten.get(id) ?? 0), id);
  }

  #expire(now: number): number {
    const gone = this.#store.prepare("DELETE FROM pending WHERE expires_at <= ? RETURNING id").all(
      now,
    )
      .map((found) => idRow.parse(found).id);
    for (const id of gone) this.#unwritten.delete(id);
    return gone.length;
  }
}
