import { createHash } from "node:crypto";
import { type Action, canonicalAction, entryOf, type Intent } from "../action/mod.ts";
import { draftDocument, lifetimeOf, makeNonce } from "../authz/mod.ts";
import type { SigningFacts, Wish } from "./ports.ts";
import type { Binding } from "./target.ts";

/** What a document is made with. */
export interface DraftOptions {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Why it takes a signature, and what it may lose. */
  readonly risk: string;
  readonly signing: SigningFacts;
  /** Ten bytes that nobody can foretell. */
  readonly random: Uint8Array;
}

/** The longest reason that is kept; the document's writer makes it fit, and plain. */
const LONGEST_REASON = 500;

/**
 * Whether a wish is kept with a document to sign. One that replaces signers is not: a hub could put
 * its own keys before an operator's eyes. Who replaces signers writes the document himself.
 */
export function isOffered({ kind }: Action): boolean {
  const { operation, class: counted } = entryOf(kind);
  return operation !== null && counted !== "trust";
}

/**
 * A destructive intent as it is kept. Its key is the same for the same action on the same guest, so
 * asking again makes no second one, and a guest made anew under the VMID is another wish.
 */
export function wishOf(
  { source, evidence }: Intent,
  binding: Binding,
  options: DraftOptions,
): Wish {
  const { action, target } = binding;
  const { at, risk, signing } = options;
  const meant = JSON.stringify([canonicalAction(action), target.name, target.identity]);
  const reason = withRisk(`${source}: ${evidence.why}`, risk);
  return {
    source,
    key: createHash("sha256").update(meant).digest("hex"),
    kind: action.kind,
    vmid: action.guest,
    document: draftDocument(binding, {
      host: signing.host,
      instance: signing.instance,
      nonce: makeNonce(at, options.random),
      at,
      lifetime: lifetimeOf(action, signing),
      reason,
    }),
    reason,
    at,
    expiresAt: at + signing.longestLifetime,
  };
}

/** Who wishes it says why at any length, and still does not push out what it may lose. */
function withRisk(wish: string, risk: string): string {
  const said = `. ${risk}`.slice(0, LONGEST_REASON / 2);
  return `${wish.slice(0, LONGEST_REASON - said.length)}${said}`;
}
