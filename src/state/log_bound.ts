import type { DatabaseSync, StatementSync } from "node:sqlite";
import * as z from "zod";
import { isDatabaseError } from "./state_fault.ts";

/** Bytes of SQLite's log beyond which nothing new begins while it cannot be carried over. */
export const LOG_LIMIT = 64 * 1024 * 1024;
/** Transactions between two looks: in as many the log is mostly carried over anyway. */
const LOOK_EVERY = 500;

const row = z.object({ log: z.int(), checkpointed: z.int() });
const pageRow = z.object({ page_size: z.int() });

/**
 * Keeps the log beside the database from growing for ever: as long as somebody reads at one go, it
 * cannot be carried over and begun anew.
 */
export class LogBound {
  readonly #look: StatementSync;
  readonly #frames: number;
  #written = 0;
  #long = false;

  /** @param bytes @default LOG_LIMIT */
  constructor(database: DatabaseSync, bytes = LOG_LIMIT) {
    const { page_size: pageSize } = pageRow.parse(database.prepare("PRAGMA page_size").get());
    this.#look = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
    this.#frames = Math.floor(bytes / pageSize);
  }

  /** Whether new work may add to the log. Asks only as long as it is too long. */
  get admitsNew(): boolean {
    return !this.#long || this.#isShort();
  }

  /** A transaction was written. */
  wrote(): void {
    if (++this.#written % LOOK_EVERY === 0) this.#isShort();
  }

  #isShort(): boolean {
    try {
      const { log, checkpointed } = row.parse(this.#look.get());
      this.#long = log > this.#frames && checkpointed < log;
    } catch (error) {
      // A disk that is full, or a shell that holds the database: whoever writes next is told so, and what
      // was written before this look is written.
      if (!isDatabaseError(error)) throw error;
    }
    return !this.#long;
  }
}
