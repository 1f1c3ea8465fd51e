import type { Action, Setting } from "../../action/mod.ts";

/** One thing that becomes another, in words for people: `memory`, `512 MiB`, `1024 MiB`. */
export interface Change {
  readonly what: Setting | "state" | "guest";
  readonly from: string;
  readonly to: string;
}

/** One action of a plan. */
export interface PlannedStep {
  readonly action: Action;
  readonly changes: readonly Change[];
  /** One sentence: `memory is 512 MiB, desired 1024 MiB`. */
  readonly why: string;
}

/** What a plan does nothing about, and an operator should know. */
export interface Told {
  readonly code:
    | "needs_restart"
    | "not_there"
    | "locked"
    | "template"
    | "unreadable"
    | "not_managed"
    | "pending_elsewhere";
  /** One sentence. */
  readonly message: string;
}

/** What is to be done for one guest, in order. */
export interface GuestPlan {
  readonly vmid: number;
  /** Null when there is none under the VMID. */
  readonly name: string | null;
  readonly steps: readonly PlannedStep[];
  readonly told: readonly Told[];
}
