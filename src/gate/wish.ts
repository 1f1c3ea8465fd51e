import { createHash } from "node:crypto";
import { canonicalAction, entryOf, type Intent } from "../action/mod.ts";
import type { Binding, DocumentWriter, Wish } from "./ports.ts";

/**
 * Whether a wish is kept with a document to sign. One that replaces signers is not: a hub could put
 * its own keys before an operator's eyes. Who replaces signers writes the document himself.
 */
export function isOffered({ action }: Binding): boolean {
  return entryOf(action.kind).class !== "trust";
}

/**
 * A destructive intent as it is kept. Its key is the same for the same action on the same guest, so
 * asking again makes no second one, and a guest made anew under the VMID is another wish.
 */
export function wishOf(
  { source, evidence }: Intent,
  binding: Binding,
  { documents, at }: { readonly documents: DocumentWriter; readonly at: number },
): Wish {
  const { action, target } = binding;
  const { text, expiresAt } = documents.draft(binding, { reason: evidence.why, at });
  const meant = JSON.stringify([canonicalAction(action), target.name, target.identity]);
  return {
    source,
    key: createHash("sha256").update(meant).digest("hex"),
    kind: action.kind,
    vmid: action.guest,
    document: text,
    reason: evidence.why,
    at,
    expiresAt,
  };
}
