import * as z from "zod";
import { FelhomError } from "../errors.ts";
import type { Store } from "./store.ts";

export interface NonceUse {
  /** The operation it was used for. */
  readonly operation: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** When the document ends that carries it, in epoch milliseconds. */
  readonly expiresAt: number;
}

const row = z.object({ operation: z.string(), used_at: z.int() });

/** The nonces that were used. One is forgotten only when its document can never be valid again. */
export class Nonces {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether a nonce was used, and by which operation. */
  usedBy(nonce: string): string | undefined {
    return this.#store.read(() => {
      const found = this.#store.prepare("SELECT operation, used_at FROM nonce WHERE nonce = ?")
        .get(nonce);
      return found === undefined ? undefined : row.parse(found).operation;
    });
  }

  /**
   * Uses a nonce up. Call it in the transaction that records what it was used for.
   *
   * @throws {FelhomError} `state.nonce_used`
   */
  use(nonce: string, { operation, at, expiresAt }: NonceUse): void {
    this.#store.transaction(() => {
      const { changes } = this.#store.prepare(
        `INSERT INTO nonce (nonce, operation, used_at, expires_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (nonce) DO NOTHING`,
      ).run(nonce, operation, at, expiresAt);
      if (changes === 1) return;
      throw new FelhomError(
        "state.nonce_used",
        `Cannot use nonce "${nonce}" again: operation "${this.usedBy(nonce)}" used it`,
        { hint: "Each operation needs a document of its own: felhom-agent op new." },
      );
    });
  }

  /** Forgets those whose documents ended before a time. @returns how many */
  prune(before: number, limit: number): number {
    return this.#store.transaction(() =>
      Number(
        this.#store.prepare(
          `DELETE FROM nonce WHERE nonce IN
             (SELECT nonce FROM nonce WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
        ).run(before, limit).changes,
      ), { purpose: "finish" });
  }
}
