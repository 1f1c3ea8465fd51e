import * as z from "zod";
import type { AuditPlace } from "./audit_chain.ts";
import type { Store } from "./store.ts";

/** Exported heads that are remembered, newest first. */
const MOST_EXPORTS = 1_000;

const seqRow = z.object({ seq: z.int() });

/**
 * The heads of the chain that an operator had printed, to be kept elsewhere. What lasts is pruned
 * only up to the newest of them.
 */
export class AuditExports {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Places of the exported heads, in their order. */
  places(): number[] {
    return this.#store.prepare("SELECT seq FROM audit_export ORDER BY seq").all()
      .map((found) => seqRow.parse(found).seq);
  }

  /**
   * Writes down that a head was exported. The same once more costs nothing.
   *
   * @param at epoch milliseconds
   */
  add({ seq, hash }: AuditPlace, at: number): void {
    if (this.places().at(-1) === seq) return;
    this.#store.transaction(() => {
      this.#store.prepare(
        "INSERT INTO audit_export (seq, hash, at) VALUES (?, ?, ?) ON CONFLICT (seq) DO NOTHING",
      ).run(seq, hash, at);
      this.#store.prepare(
        `DELETE FROM audit_export WHERE seq NOT IN
           (SELECT seq FROM audit_export ORDER BY seq DESC LIMIT ?)`,
      ).run(MOST_EXPORTS);
    }, { purpose: "finish" });
  }
}
