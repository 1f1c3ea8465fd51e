import { isRefusal, REFUSALS } from "../../gate/mod.ts";
import type { Answer } from "../../gate/mod.ts";

/** Why a dispatch was refused. */
export type DispatchRefusal = Extract<Answer, { outcome: "refused" }>["code"];

/**
 * Whether a signed operation whose dispatch was refused waits, or is given up. It waits for what
 * passes by itself or by an operator's hand on this host: a guest that cannot be read now, a budget,
 * a clock that is behind, a state in doubt. Its document ends that waiting. What was signed for
 * another guest, or by signers who are none any more, never holds again.
 */
export function judgeDispatch(code: DispatchRefusal): "wait" | "abandon" {
  if (isRefusal(code)) {
    // Who has the permit of this operation is at work on it.
    return code === "already_dispatched" || REFUSALS[code].retry === "safe" ? "wait" : "abandon";
  }
  switch (code) {
    case "authz.state_behind":
    case "authz.clock_behind":
    case "authz.not_yet_valid":
    case "authz.signers_invalid":
      return "wait";
    default:
      // What the state cannot say now (a lock, a full disk) is no refusal of the document.
      return code.startsWith("authz.") || code === "state.missing" ? "abandon" : "wait";
  }
}
