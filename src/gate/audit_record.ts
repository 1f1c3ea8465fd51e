import { type Action, entryOf, type Evidence, type Intent } from "../action/mod.ts";
import type { ErrorCode } from "../errors.ts";
import type { Refusal } from "./decision.ts";
import type { Authorisation, LiveTarget } from "./ports.ts";

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
  | { readonly outcome: "permitted" | "authorised"; readonly ground: string }
  | { readonly outcome: "pending_signature"; readonly why: string }
  | { readonly outcome: "refused"; readonly code: Refusal | ErrorCode; readonly why: string };

/** One line of the audit log. Plain JSON; all texts in it are the agent's own, or checked. */
export interface AuditRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly door: Door;
  readonly said: Said;
  /** Null when what was asked is no action; then `refused` is all there is to say. */
  readonly action: Action | null;
  readonly origin: Intent["origin"];
  readonly source: Intent["source"];
  readonly reference: string;
  readonly transaction: string | null;
  readonly evidence: Evidence;
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
