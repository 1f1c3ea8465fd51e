import type { Operation, Transition } from "../../../src/state/mod.ts";
import type { RequestRow } from "../../sim/wire/mod.ts";
import type { WorldView } from "./world_view.ts";

/** An operation with its way through the journal. */
export interface JournalEntry {
  readonly operation: Operation;
  readonly transitions: readonly Transition[];
}

/** A run of the helper, as its own log has it. */
export interface HelperRun {
  /** Id of the operation that it was asked for. */
  readonly operation: string;
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
