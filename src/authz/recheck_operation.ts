import type { HostFacts } from "./open_operation.ts";
import type { Submission } from "./submission.ts";
import { type GatedAction, type VerifiedOperation, verifyOperation } from "./verify_operation.ts";

/**
 * Verifies an authorised operation once more, from the bytes that were stored, right before it is
 * carried out: it may have expired since, its signer may have been replaced, its guest may be
 * another. Every step but the nonce, which it used up when it was authorised; so it is nothing to
 * authorise with.
 *
 * @param facts those of this moment, not those it was authorised with
 * @throws {FelhomError} `authz.*`: it is not to be carried out
 */
export function recheckOperation(
  stored: Submission,
  facts: HostFacts,
  gated: GatedAction,
): VerifiedOperation {
  return verifyOperation(stored, facts, gated);
}
