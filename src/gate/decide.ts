import { entryOf, type Intent, readAction } from "../action/mod.ts";
import { offAllowList } from "./allow_lists.ts";
import { outOfBounds } from "./bounds.ts";
import { classify } from "./classify.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";
import { overLimit } from "./limits.ts";
import { POLICY, type Policy } from "./policy.ts";
import { diskInUse } from "./disk_use.ts";
import { outOfReach } from "./reach.ts";
import { macInUse } from "./same_mac.ts";
import { disturbsSigned } from "./signed_first.ts";

export interface DecideOptions {
  /** Whether the signatures on this very action hold. @default false */
  readonly signed?: boolean;
  /** @default POLICY */
  readonly policy?: Policy;
}

/**
 * What is to be said to an intent, by these facts. Pure, and total: an action that is none, or not
 * as its table says, is refused. Who asks makes no difference to what may be lost, and neither does what
 * it is called; it makes one to how many guests may be interrupted.
 */
export function decide(intent: Intent, facts: Facts, options: DecideOptions = {}): Decision {
  const { signed = false, policy = POLICY } = options;
  const read = readAction(intent.action);
  if (!read.ok) return refuse(read.fault, read.message);
  const { action } = read;
  const outside = outOfReach(action, facts) ?? offAllowList(action, facts) ??
    outOfBounds(action, facts, policy) ?? diskInUse(action, facts) ?? macInUse(action, facts);
  if (outside !== undefined) return outside;

  const verdict = classify(action, { transaction: intent.transaction, facts, policy });
  if (verdict.risk === "destructive" && !signed) {
    const { operation, class: counted } = entryOf(action.kind);
    if (operation === null) return refuse("not_signable");
    return { outcome: "pending_signature", operation, class: counted, why: verdict.why };
  }
  const first = disturbsSigned({ ...intent, action }, facts, policy);
  if (first !== undefined) return first;
  const over = overLimit({ ...intent, action }, facts, policy, { signed });
  if (over !== undefined) return over;
  return verdict.risk === "benign"
    ? { outcome: "allowed", risk: "benign", ground: verdict.ground }
    : { outcome: "allowed", risk: "destructive", ground: "signed" };
}
