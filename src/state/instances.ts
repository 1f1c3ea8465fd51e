import * as z from "zod";
import type { Store } from "./store.ts";

/** Which instance of the agent a state belongs to. */
export interface Instance {
  /** Random, made with the state: what a reinstalled host or a restored state does not share. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** When a daemon last started on it; `null` before the first one. */
  readonly startedAt: number | null;
  /** Why the state seems older than the host, until an operator acknowledges it; mostly `null`. */
  readonly doubt: string | null;
  /** When root took its signers from the files again; `null` while that was not done. */
  readonly reseededAt: number | null;
}

const row = z.object({
  id: z.string(),
  created_at: z.int(),
  started_at: z.int().nullable(),
  doubt: z.string().nullable(),
  reseeded_at: z.int().nullable(),
});

/** The instance, of which there is one at a time. */
export class Instances {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws {FelhomError} `state.damaged`, `state.unusable` */
  current(): Instance {
    return this.#store.read(() => {
      const found = row.parse(
        this.#store.prepare("SELECT id, created_at, started_at, doubt, reseeded_at FROM instance")
          .get(),
      );
      const { id, doubt, created_at: createdAt, started_at: startedAt } = found;
      return { id, createdAt, startedAt, doubt, reseededAt: found.reseeded_at };
    });
  }

  /**
   * Writes that a daemon started. Done after the seal, so it shows that the open database goes on
   * working without any right to its folder. It is no new work: a daemon starts on a full disk.
   *
   * @param at epoch milliseconds
   */
  recordStart(at: number): void {
    this.#store.transaction(
      () => void this.#store.prepare("UPDATE instance SET started_at = ?").run(at),
      { purpose: "finish" },
    );
  }

  /**
   * Writes that the state seems older than the host. The first doubt stays until
   * {@linkcode Instances.renew}, over restarts too.
   */
  doubt(why: string, at: number): void {
    this.#store.transaction(() =>
      void this.#store.prepare(
        "UPDATE instance SET doubt = ?, doubted_at = ? WHERE doubt IS NULL",
      ).run(why, at), { purpose: "finish" });
  }

  /** Writes that root took its signers from the files again: once in the life of an instance. */
  recordReseed(at: number): void {
    this.#store.transaction(
      () => void this.#store.prepare("UPDATE instance SET reseeded_at = ?").run(at),
      { purpose: "signed" },
    );
  }

  /** Makes a new instance: nothing that was signed for the old one is good for it. */
  renew(id: string, at: number): void {
    this.#store.transaction(() =>
      void this.#store.prepare(
        `UPDATE instance
         SET id = ?, created_at = ?, doubt = NULL, doubted_at = NULL, reseeded_at = NULL`,
      ).run(id, at), { purpose: "signed" });
  }
}
