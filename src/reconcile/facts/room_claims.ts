import type { Action, ActionKind } from "../../action/mod.ts";
import type { Facts, Reservation, StorageFacts } from "../../gate/mod.ts";

/** Kinds that write what they are expected to. Taking a snapshot writes next to nothing: it grows. */
const WRITES: ReadonlySet<ActionKind> = new Set([
  "guest.create",
  "guest.restore_over",
  "golden.create",
  "guest.backup",
]);

/** Kinds whose volumes and snapshots are found with the guests once they are made. */
const FOUND: ReadonlySet<ActionKind> = new Set([
  "guest.create",
  "guest.restore_over",
  "golden.create",
  "guest.snapshot",
]);

/** Kinds after which less is given away than was read before. */
const FREES: ReadonlySet<ActionKind> = new Set([
  "guest.delete_snapshot",
  "guest.rollback",
  "guest.destroy",
]);

/** What is let through and not seen on the host yet. */
interface Claim {
  readonly kind: ActionKind;
  /** Bytes by storage that it is expected to write. */
  readonly writes: Readonly<Record<string, number>>;
  /** Bytes by storage that it gives away. */
  readonly gives: Readonly<Record<string, number>>;
  /** Mark of its end; null while it is at work. */
  ended: number | null;
}

type Claimed = Pick<Facts, "storages" | "expectedBytes" | "reservations">;

/**
 * Room that was let through and is not written yet. Guests are worked on at once, and each is decided
 * by what a storage shows as free, and by what was read to be given away: without this, what fits
 * alone is let through for all of them together.
 *
 * What is half written counts twice for a while, on the storage and here: it is the safe side.
 */
export class RoomClaims {
  readonly #claims = new Set<Claim>();
  #mark = 0;
  /** Up to which mark nobody asks any more. */
  #forgotten = 0;
  #freedAt = 0;

  /** Now. What ends after it may be missing from what is read from now on. */
  mark(): number {
    return ++this.#mark;
  }

  /** Whether something was removed since a mark. */
  freedSince(mark: number): boolean {
    return this.#freedAt > mark;
  }

  /** Forgets what ended before a mark: what was read since holds it. */
  forget(mark: number): void {
    this.#forgotten = Math.max(this.#forgotten, mark);
    for (const claim of this.#claims) {
      if (claim.ended !== null && claim.ended <= this.#forgotten) this.#claims.delete(claim);
    }
  }

  /** The facts, with what others are about to take taken away from the room, and promised. */
  less(facts: Facts): Facts {
    if (this.#claims.size === 0) return facts;
    const storages = Object.entries(facts.storages).map(([name, storage]) =>
      [name, lessRoom(storage, this.#written(name, facts))] as const
    );
    const reservations = Object.entries(facts.reservations).map(([name, reservation]) =>
      [name, { ...reservation, promised: this.#promisedOf(name, reservation) }] as const
    );
    return {
      ...facts,
      storages: Object.fromEntries(storages),
      reservations: Object.fromEntries(reservations),
    };
  }

  /**
   * Claims what an action is expected to write while it is at work, until it is disposed of; and what it
   * gives away, until that is read from the host.
   */
  claim(
    { kind }: Pick<Action, "kind">,
    { storages, expectedBytes, reservations }: Claimed,
  ): Disposable {
    const gives = Object.entries(reservations).map(([name, { added }]) =>
      [name, added ?? 0] as const
    );
    const writes = WRITES.has(kind) ? Object.keys(storages) : [];
    const claim: Claim = {
      kind,
      writes: Object.fromEntries(writes.map((name) => [name, expectedBytes ?? 0])),
      gives: Object.fromEntries(gives),
      ended: null,
    };
    if (WRITES.has(kind) || FOUND.has(kind)) this.#claims.add(claim);
    return { [Symbol.dispose]: () => this.#end(claim) };
  }

  #end(claim: Claim): void {
    claim.ended = this.mark();
    if (FREES.has(claim.kind)) this.#freedAt = claim.ended;
    // The archive of a backup is seen in what the storage has used.
    if (!FOUND.has(claim.kind)) this.#claims.delete(claim);
  }

  /** To the storage, and to others that take from the same room. */
  #written(storage: string, { reservations }: Pick<Facts, "reservations">): number {
    const pool = [storage, ...reservations[storage]?.pool ?? []];
    return this.#sum(({ writes, ended }) =>
      ended === null ? pool.reduce((sum, name) => sum + (writes[name] ?? 0), 0) : 0
    );
  }

  #promisedOf(storage: string, { pool, mark }: Pick<Reservation, "pool" | "mark">): number {
    return [storage, ...pool].reduce((sum, name) => sum + this.promised(name, mark), 0);
  }

  /** What is let through to be given away of a storage, and may be missing from what was read then. */
  promised(storage: string, mark: number): number {
    return this.#sum(({ gives, ended }) =>
      ended === null || ended > mark ? gives[storage] ?? 0 : 0
    );
  }

  #sum(bytes: (claim: Claim) => number): number {
    return [...this.#claims].reduce((sum, claim) => sum + bytes(claim), 0);
  }
}

function lessRoom(storage: StorageFacts, bytes: number): StorageFacts {
  const { available, pool } = storage;
  return {
    ...storage,
    available: available - bytes,
    pool: pool === null ? null : { ...pool, available: pool.available - bytes },
  };
}
