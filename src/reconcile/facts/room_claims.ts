import type { Action, ActionKind } from "../../action/mod.ts";
import type { Facts, StorageFacts } from "../../gate/mod.ts";

/** Kinds that write what they are expected to. Taking a snapshot writes next to nothing: it grows. */
const WRITES: ReadonlySet<ActionKind> = new Set([
  "guest.create",
  "guest.restore_over",
  "golden.create",
  "guest.backup",
]);

/** Room that work under way is going to take, by storage. */
interface Claim {
  readonly storages: readonly string[];
  readonly bytes: number;
}

/**
 * Room that was let through and is not written yet. Guests are worked on at once, and each is decided
 * by what a storage shows as free: without this, what fits alone is let through for all of them
 * together, and a storage's reserve is gone.
 *
 * What is half written counts twice for a while, on the storage and here: it is the safe side.
 */
export class RoomClaims {
  readonly #claims = new Set<Claim>();

  /** The facts, with what others are about to take taken away from the room. */
  less(facts: Facts): Facts {
    if (this.#claims.size === 0) return facts;
    const storages = Object.entries(facts.storages).map(([name, storage]) =>
      [name, lessRoom(storage, this.#claimed(name))] as const
    );
    return { ...facts, storages: Object.fromEntries(storages) };
  }

  /** Claims what an action is expected to write while it is at work, until it is disposed of. */
  claim(
    { kind }: Pick<Action, "kind">,
    { storages, expectedBytes }: Pick<Facts, "storages" | "expectedBytes">,
  ): Disposable {
    const claim: Claim = { storages: Object.keys(storages), bytes: expectedBytes ?? 0 };
    if (WRITES.has(kind)) this.#claims.add(claim);
    return { [Symbol.dispose]: () => void this.#claims.delete(claim) };
  }

  #claimed(storage: string): number {
    return [...this.#claims].reduce(
      (sum, { storages, bytes }) => storages.includes(storage) ? sum + bytes : sum,
      0,
    );
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
