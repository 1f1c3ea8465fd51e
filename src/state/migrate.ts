import type { DatabaseSync } from "node:sqlite";
import { LAYOUT_1 } from "./migrations/layout_1.ts";
import { LAYOUT_2 } from "./migrations/layout_2.ts";
import { LAYOUT_3_INPUTS } from "./migrations/layout_3_inputs.ts";
import { LAYOUT_4_PROVENANCE } from "./migrations/layout_4_provenance.ts";
import { LAYOUT_5_TRUST } from "./migrations/layout_5_trust.ts";
import { LAYOUT_6_MEMORY } from "./migrations/layout_6_memory.ts";
import { LAYOUT_7_SCRATCH } from "./migrations/layout_7_scratch.ts";
import { LAYOUT_8_JOURNAL } from "./migrations/layout_8_journal.ts";

/** Statements that lead from one layout to the next; the first one from an empty file. */
export const MIGRATIONS: readonly string[] = [
  LAYOUT_1,
  LAYOUT_2,
  LAYOUT_3_INPUTS,
  LAYOUT_4_PROVENANCE,
  LAYOUT_5_TRUST,
  LAYOUT_6_MEMORY,
  LAYOUT_7_SCRATCH,
  LAYOUT_8_JOURNAL,
];

/** The layout this version writes, kept in SQLite's `user_version`. */
export const LAYOUT = MIGRATIONS.length;

export interface MigrateOptions {
  /** @default MIGRATIONS */
  readonly migrations?: readonly string[];
  /** Called in each step's transaction, after its statements: what it writes is part of the step. */
  readonly within?: (layout: number) => void;
}

/**
 * Brings a database forward, a step at a time, each in a transaction of its own that also writes
 * the new layout: whatever interrupts it, the file is of one layout or of the next.
 *
 * @param from the layout it has; 0 for an empty file
 */
export function migrate(database: DatabaseSync, from: number, options: MigrateOptions = {}): void {
  const { migrations = MIGRATIONS, within } = options;
  for (const [index, statements] of migrations.entries()) {
    const layout = index + 1;
    if (layout <= from) continue;
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(statements);
      within?.(layout);
      database.exec(`PRAGMA user_version = ${layout}; COMMIT`);
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}
