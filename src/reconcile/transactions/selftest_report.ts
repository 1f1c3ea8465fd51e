import type { ActionKind } from "../../action/mod.ts";
import type { Outcome } from "../outcome.ts";
import type { ScratchPlace } from "./place_scratch.ts";

/** A self-test that somebody asked for. */
export interface SelftestWish {
  /** What it is asked after by: the id of its transaction, on a guest that was named. Never used before. */
  readonly transaction: string;
  readonly vmid: number;
  /** What a guest is made from for it; null when it is done on a guest that somebody named. */
  readonly scratch: ScratchPlace | null;
  /** Ends it early: the step under way is finished, then what it made is cleaned up. */
  readonly stop: AbortSignal;
  /** Told the journal's id of what was done, as soon as it has ended. @default nobody */
  readonly onOperation?: (id: string) => void;
}

/** How one step of a self-test went. */
export interface SelftestStep {
  readonly kind: ActionKind;
  readonly outcome: Outcome["kind"];
  /** Why it did not succeed; null when it did. */
  readonly why: string | null;
  /** Milliseconds. */
  readonly tookMs: number;
}

/** How a self-test went. */
export interface SelftestReport {
  readonly transaction: string;
  readonly vmid: number;
  /** `refused`: nothing was begun. `taken`: the VMID was, by somebody else, before it began there. */
  readonly outcome: "passed" | "refused" | "failed" | "stopped" | "taken";
  readonly steps: readonly SelftestStep[];
  /** Why it did not pass; null when it did. */
  readonly problem: string | null;
  /** What of it may still be on the host, and why; null when nothing is. */
  readonly left: string | null;
}
