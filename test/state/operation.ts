import type { NewOperation, SignedDocument } from "../../src/state/mod.ts";

/** An operation to write, with what a test does not care for filled in. */
export function operation(id: string, given: Partial<NewOperation> = {}): NewOperation {
  return {
    id,
    transaction: null,
    vmid: 101,
    action: { kind: "guest.start" },
    origin: "desired",
    evidence: { revision: "7" },
    at: 1000,
    ...given,
  };
}

/** Something signed, with a nonce of its own. */
export function signed(nonce: string, given: Partial<SignedDocument> = {}): SignedDocument {
  return {
    bytes: new Uint8Array([0, 255, 10, 13]),
    signatures: ["-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n"],
    nonce,
    expiresAt: 5000,
    ...given,
  };
}
