import { type Action, readAction } from "../../../src/action/mod.ts";
import {
  draftDocument,
  type DraftOptions,
  type GatedAction,
  type HostFacts,
  readSignerSets,
  type SignerText,
} from "../../../src/authz/mod.ts";

/** The moment at which the scenes play. */
export const NOW = Date.UTC(2026, 10, 20, 10, 0, 0);

export const MINUTE = 60_000;
export const INSTANCE = "7Q3N0000000000000000000000";
export const IDENTITY = `sha256:${"1a".repeat(32)}`;

/** An action, from its parts. */
export function action(kind: string, guest: number | null, params: unknown): Action {
  const read = readAction({ kind, guest, params });
  if (!read.ok) throw new Error(read.message);
  return read.action;
}

/** The destruction of guest 101, named customer-a. */
export const DESTROY: GatedAction = {
  action: action("guest.destroy", 101, { purge: true }),
  target: { guest: 101, name: "customer-a", identity: IDENTITY },
};

/** A gated action of a host. */
export function onHost(action: Action): GatedAction {
  return { action, target: { guest: null, name: null, identity: null } };
}

let count = 0;

/** A nonce that no other document of this process has. */
export function nextNonce(): string {
  return `01JD${String(count++).padStart(22, "0")}`;
}

/** The document to sign, as text, valid for half an hour before and after {@linkcode NOW}. */
export function draft(gated: GatedAction = DESTROY, options: Partial<DraftOptions> = {}): string {
  return draftDocument(gated, {
    host: "demo-felhom",
    instance: INSTANCE,
    nonce: nextNonce(),
    at: NOW - 30 * MINUTE,
    lifetime: 60 * MINUTE,
    reason: "contract ended",
    ...options,
  });
}

/** A role's signers from lines of a file. */
export function signerText(role: string, text: string, sequence = 1): SignerText {
  return { text, file: `signers/${role}`, sequence };
}

/** What a host with these signers holds documents against. */
export function hostFacts(
  signers: { readonly operational?: string; readonly recovery?: string },
  changes: Partial<HostFacts> = {},
): HostFacts {
  return {
    host: "demo-felhom",
    instance: INSTANCE,
    stateBehind: false,
    now: NOW,
    timeMark: NOW - MINUTE,
    longestLifetime: 24 * 60 * MINUTE,
    longestLifetimeDataLoss: 24 * 60 * MINUTE,
    signersFloor: { operational: 0, recovery: 0 },
    revokedKeys: new Set(),
    signers: readSignerSets({
      operational: signerText("operational", signers.operational ?? ""),
      recovery: signerText("recovery", signers.recovery ?? ""),
    }),
    thresholds: { service: 1, data_loss: 1, trust: 1 },
    ...changes,
  };
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The code of what `work` throws. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
  return "accepted";
}
