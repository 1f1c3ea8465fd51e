import { entryOf } from "../action/mod.ts";
import { FelhomError } from "../errors.ts";
import { printable } from "../log/printable.ts";
import { DOCUMENT_VERSION, type OperationDocument, targetOf } from "./operation_document.ts";
import { parseDocument } from "./parse_document.ts";
import { renderDocument } from "./render_document.ts";
import { formatUtcSeconds } from "./utc_seconds.ts";
import type { GatedAction } from "./verify_operation.ts";

/** What of a document does not follow from the action. */
export interface DraftOptions {
  /** The node's name in Proxmox. */
  readonly host: string;
  readonly instance: string;
  readonly nonce: string;
  /** From when on it is valid, epoch milliseconds; the second it lies in counts. */
  readonly at: number;
  /** For how long, milliseconds. */
  readonly lifetime: number;
  /** Why, in one line; what cannot be seen in it is shown as an escape. */
  readonly reason: string;
}

/**
 * Writes the document that has to be signed for an action, as text.
 *
 * @throws {FelhomError} `authz.unknown_operation` for what nobody can sign; `authz.malformed` when
 * the guest has no name or identity to sign for, or an option does not hold
 */
export function draftDocument(
  { action, target }: GatedAction,
  { host, instance, nonce, at, lifetime, reason }: DraftOptions,
): string {
  const { operation } = entryOf(action.kind);
  if (operation === null) {
    throw new FelhomError("authz.unknown_operation", `Nothing is to be signed for ${action.kind}`, {
      hint: "It runs without a signature, or not at all.",
    });
  }
  const kind = targetOf(action.kind);
  const document: OperationDocument = {
    v: DOCUMENT_VERSION,
    op: operation,
    host,
    instance,
    ...(action.guest === null ? {} : { guest: action.guest }),
    ...(kind === "named" || kind === "identified" ? { name: target.name ?? "" } : {}),
    ...(kind === "identified" ? { identity: target.identity ?? "" } : {}),
    params: action.params,
    nonce,
    not_before: formatUtcSeconds(at),
    expires: formatUtcSeconds(at + lifetime),
    reason: Array.from(printable(reason)).slice(0, 400).join(""),
  };
  const text = renderDocument(document);
  // What cannot be read back would be signed in vain.
  parseDocument(new TextEncoder().encode(text));
  return text;
}
