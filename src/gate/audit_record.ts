import { type Action, entryOf, type Intent } from "../action/mod.ts";
import type { LiveTarget } from "../authz/mod.ts";
import type { ErrorCode } from "../errors.ts";
import type { BenignGround, Refusal } from "./decision.ts";

/** At which of the gate's doors something was said. */
export type Door =
  /** Somebody wants something done, without a signature. */
  | "ask"
  /** Somebody handed in a signed document. */
  | "authorise"
  /** An authorised operation is about to be sent. */
  | "dispatch";

/** What was said, in one word and a code. */
export type Said =
  | {
    readonly outcome: "permitted" | "authorised";
    readonly ground: BenignGround | "signed";
  }
  | { readonly outcome: "pending_signature"; readonly why: string }
  | { readonly outcome: "refused"; readonly code: Refusal | ErrorCode; readonly why: string };

/** Whose signatures an operation runs on. */
export interface Authorisation {
  /** Id of the operation in the journal. */
  readonly operation: string;
  readonly nonce: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly signers: readonly {
    readonly principals: readonly string[];
    /** `SHA256:…`, as ssh-keygen prints it. */
    readonly key: string;
  }[];
}

/** One line of the audit log, plain JSON. */
export interface AuditRecord extends Omit<Intent, "action"> {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly door: Door;
  readonly said: Said;
  /** Null when what was asked for is no action; then `said` holds what was wrong with it. */
  readonly action: Action | null;
  readonly target: LiveTarget;
  readonly authorisation: Authorisation | null;
}

/** Whether what an action takes can never be had again, whoever's it is. */
export function isIrreversible({ kind }: Action): boolean {
  const { loses } = entryOf(kind);
  switch (loses) {
    case "data":
    case "restore_point":
    case "trust":
      return true;
    case "nothing":
    case "uptime":
    case "settings":
      return false;
    default:
      return loses satisfies never;
  }
}
