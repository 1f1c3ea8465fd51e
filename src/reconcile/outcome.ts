import type { ErrorCode } from "../errors.ts";
import type { Answer } from "../gate/mod.ts";
import type { Guest } from "../proxmox/mod.ts";

/** What came of one step: of asking for it, and of doing it. */
export type Outcome =
  | {
    readonly kind: "succeeded";
    readonly operation: string;
    /** What Proxmox warned of; mostly empty. */
    readonly warnings: readonly string[];
    /** The guest's row, where it was read back: for who looks next. Not for the journal. */
    readonly row?: Guest;
  }
  /** It did not happen. */
  | {
    readonly kind: "failed";
    readonly operation: string;
    readonly why: string;
    /** Of the error it failed with; absent when no error said so, but what was read back. */
    readonly code?: ErrorCode;
  }
  /** Whether it happened cannot be found out. Never repeated. */
  | {
    readonly kind: "unknown";
    readonly operation: string;
    readonly why: string;
    /** Of the error after which nobody knows. */
    readonly code?: ErrorCode;
  }
  /** Its task runs on; the journal knows it. */
  | { readonly kind: "running"; readonly operation: string; readonly why: string }
  /** Nothing was sent: what it was allowed for does not hold any more. */
  | {
    readonly kind: "not_begun";
    readonly why: string;
    readonly passes: boolean;
    /** The guest's lock that is in the way, where it is one. */
    readonly lock?: string;
  }
  /** The gate said no, or that it takes a signature. */
  | Extract<Answer, { outcome: "refused" | "pending_signature" }> & { readonly kind: "denied" };
