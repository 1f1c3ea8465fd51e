import type { Operation, StateReader, Transition } from "../../../src/state/mod.ts";
import type { RequestRow } from "../../sim/wire/mod.ts";
import type { WorldView } from "./world_view.ts";

/** An operation with its way through the journal. */
export interface JournalEntry {
  readonly operation: Operation;
  readonly transitions: readonly Transition[];
}

/** The operations of a journal, from one on, with their ways. @throws {Error} for an unreadable row */
export function journalAfter(
  operations: Pick<StateReader["operations"], "list" | "transitions">,
  seq: number,
): JournalEntry[] {
  return operations.list({ limit: 100_000 }).flatMap((row) => {
    if ("unreadable" in row) throw new Error(`Cannot read row ${row.seq}: ${row.unreadable}`);
    if (row.seq <= seq) return [];
    return [{ operation: row, transitions: operations.transitions(row.id) }];
  });
}

/** A run of the helper, as its own log has it. */
export interface HelperRun {
  /** Id of the operation that it was asked for. */
  readonly operation: string;
  /** Whether the helper answered that it is done; undefined where nobody heard. */
  readonly ok?: boolean;
}

/** All that is known of what was meant, what was sent and what came of it. */
export interface Books {
  readonly journal: readonly JournalEntry[];
  /** The request log of the simulator, reads included. */
  readonly requests: readonly Readonly<RequestRow>[];
  /** The host at the end. Its tasks of before the journal began are left out. */
  readonly world: WorldView;
  /** @default none */
  readonly helperRuns?: readonly HelperRun[];
}
