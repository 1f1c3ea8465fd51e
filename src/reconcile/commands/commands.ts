import type { CapacityReport } from "../capacity/capacity.ts";
import type { Submission } from "../../authz/mod.ts";
import type { Shortage } from "../../state/mod.ts";
import type { Told } from "../plan/guest_plan.ts";

/** What the control socket can ask of the engine. Answers are plain JSON. */
export interface Commands {
  /**
   * Takes a desired state as text, for the provider `local`.
   *
   * @throws {FelhomError} `desired.invalid` with all problems at once
   */
  apply(text: string, options: { readonly dryRun: boolean }): Promise<Applied>;
  /** Takes a signed document; without a signature it is kept as a wish, if the gate keeps it. */
  submit(submission: Submission): Promise<Taken>;
  /** The keys of those who signed it and may, whatever becomes of it otherwise. Nothing is written. */
  signedBy(submission: Submission): Promise<readonly string[]>;
  /** Asks for one action as the hub would: `{"action": {…}, "why": "…"}`. */
  request(wish: unknown): Promise<Taken>;
  /**
   * Walks the whole way on a guest that is made for it, from a golden image.
   *
   * @param vmid a stopped guest of the managed set to do it on instead: snapshot, rollback, delete; null
   * for one that is made
   */
  selftest(vmid: number | null): Promise<SelftestBegun>;
  /** Ends a self-test early; what it made is cleaned up. @returns whether it ran */
  stopSelftest(transaction: string): boolean;
  /** Where a transaction stands, step by step. */
  transaction(id: string): TransactionReport | undefined;
  /** How far a desired revision is. */
  convergence(): Convergence;
  engine(): EngineReport;
  /** One sentence. */
  why(vmid: number): string;
  /** Makes a new instance, with the signers of the files. @throws `state.*` */
  acknowledge(): { readonly instance: string };
}

export interface SelftestBegun {
  readonly transaction: string;
  /** The guest it is done on. */
  readonly vmid: number;
  /** What is left of earlier ones, a sentence each. */
  readonly told: readonly string[];
}

export interface Applied {
  readonly provider: string;
  readonly revision: string;
  /** Whether it is another than before; false in a dry run. */
  readonly accepted: boolean;
  readonly guests: number;
  /** The plan, rendered as in journal and log. */
  readonly plan: string;
  /** Steps in the plan. */
  readonly steps: number;
}

/** What became of something asked for. */
export type Taken =
  | { readonly outcome: "authorised"; readonly operation: string; readonly vmid: number | null }
  | { readonly outcome: "pending_signature"; readonly why: string; readonly kept: string }
  | { readonly outcome: "refused"; readonly code: string; readonly why: string };

export interface TransactionReport {
  readonly id: string;
  readonly vmid: number | null;
  readonly outcome: "open" | "committed" | "rolled_back";
  readonly steps: readonly {
    readonly operation: string;
    readonly kind: string;
    readonly state: string;
    readonly compensates: string | null;
    readonly why: string | null;
  }[];
  /** Why it did not go through; null while it does. */
  readonly problem: string | null;
}

export interface Convergence {
  readonly provider: string;
  readonly revision: string;
  readonly guests: number;
  readonly converged: number;
  /** Those that are not. */
  readonly waiting: readonly WaitingGuest[];
  readonly quarantined: readonly number[];
  readonly told: readonly ({ readonly vmid: number } & Told)[];
}

/** A guest that is not as its revision wants it. */
export interface WaitingGuest {
  readonly vmid: number;
  /** Its sentence of `why`. */
  readonly why: string;
  /** How many steps were left when it was looked at last; null when that was not done yet. */
  readonly steps: number | null;
}

/** How the engine is. */
export interface EngineReport {
  /** `recovering` until the journal's loose ends are tied up; no mutation before that. */
  readonly phase: "recovering" | "running" | "draining";
  /** Why nothing signed is done, when it is so: the state is older than the host. */
  readonly doubt: string | null;
  /** What keeps new work from beginning; null when nothing does. */
  readonly shortage: Shortage | null;
  readonly lastPass: PassReport | null;
  /** Why the last pass that failed did. */
  readonly lastError: {
    /** Epoch milliseconds. */
    readonly at: number;
    readonly code: string;
    readonly message: string;
    readonly hint?: string | undefined;
  } | null;
  /** Passes so far. */
  readonly passes: number;
  /** Passes that failed since one succeeded. */
  readonly failing: number;
  readonly queued: number;
  readonly busy: readonly number[];
  /** What the storages have given away; null before that was looked at. */
  readonly capacity: CapacityReport | null;
  /** Operations whose outcome nobody knows, of the last 24 hours. */
  readonly unknown: number;
}

/** What one pass found. */
export interface PassReport {
  /** Epoch milliseconds when it was complete. */
  readonly at: number;
  readonly tookMs: number;
  /** Guests of the node; and of the desired state. */
  readonly guests: { readonly total: number; readonly running: number; readonly desired: number };
  readonly planned: number;
  /** Since the daemon started. */
  readonly executed: number;
  readonly failed: number;
  readonly errors: readonly string[];
}
