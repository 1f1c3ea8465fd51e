import * as z from "zod";
import type { Store } from "./store.ts";

const row = z.object({ at: z.int() });

/**
 * The latest time that is known to have been. When it may be raised is decided elsewhere; it goes
 * back by an operator's word alone.
 */
export class TimeMark {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Epoch milliseconds; `undefined` before the first. */
  get(): number | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare("SELECT at FROM time_mark").get();
      return found === undefined ? undefined : row.parse(found).at;
    });
  }

  /**
   * Moves the mark forward. Safe to do on a full disk: the row is there already.
   *
   * @param at epoch milliseconds
   * @returns whether it moved
   */
  raise(at: number): boolean {
    return this.#store.transaction(() =>
      this.#store.prepare(
        `INSERT INTO time_mark (only, at) VALUES (1, ?)
         ON CONFLICT (only) DO UPDATE SET at = excluded.at WHERE excluded.at > time_mark.at`,
      ).run(at).changes === 1, { purpose: "finish" });
  }

  /**
   * Sets the mark, back as well: an operator says that this is the time.
   *
   * @param at epoch milliseconds
   */
  reset(at: number): void {
    this.#store.transaction(() =>
      void this.#store.prepare(
        `INSERT INTO time_mark (only, at) VALUES (1, ?)
         ON CONFLICT (only) DO UPDATE SET at = excluded.at`,
      ).run(at), { purpose: "signed" });
  }
}
