import { createHash, type KeyObject } from "node:crypto";
import { readEd25519Point, verifyEd25519 } from "./ed25519.ts";
import { ML_DSA_44, verifyMlDsa } from "./ml_dsa.ts";
import { Refusal } from "./refusals.ts";
import { concatenate, type WireReader } from "./wire.ts";

const TEXT = new TextEncoder();
const PREFIX = TEXT.encode("CompositeAlgorithmSignatures2025");
/** Of the algorithm: what is signed begins with it, and it is the context of the ML-DSA half. */
const LABEL = TEXT.encode("COMPSIG-MLDSA44-Ed25519-SHA512");
/** The context of the whole, which SSH leaves empty, behind its length. */
const NO_CONTEXT = Uint8Array.of(0);

const ED25519 = { publicKey: 32, signature: 64 } as const;
const BYTES = {
  publicKey: ML_DSA_44.publicKey + ED25519.publicKey,
  signature: ML_DSA_44.signature + ED25519.signature,
} as const;

/** A key of two halves: a signature holds when both of its halves do. */
export interface HybridKey {
  readonly mlDsa: Uint8Array<ArrayBuffer>;
  readonly ed25519: KeyObject;
}

/**
 * Reads both public keys, ML-DSA-44 first (draft-miller-sshm-mldsa44-ed25519-composite-sigs). Every
 * ML-DSA key of the right length is one, in its one spelling.
 *
 * @throws {Refusal} `key`, `ed25519_point`
 */
export function readMlDsa44Ed25519(reader: WireReader): HybridKey {
  const both = reader.string();
  if (both.length !== BYTES.publicKey) {
    throw new Refusal("key", `Its halves have ${both.length} bytes instead of ${BYTES.publicKey}`);
  }
  return {
    mlDsa: both.slice(0, ML_DSA_44.publicKey),
    ed25519: readEd25519Point(both.subarray(ML_DSA_44.publicKey)),
  };
}

/**
 * Checks a composite signature, the ML-DSA half first in it: each half is made over the same message,
 * which names the pair of algorithms, so that it is no signature of its half alone.
 *
 * @throws {Refusal} `wire`, `ed25519_s`, `crypto`
 * @throws {FelhomError} `internal.bug` while the verifier of ML-DSA is not loaded
 */
export function verifyMlDsa44Ed25519(
  { mlDsa, ed25519 }: HybridKey,
  data: Uint8Array,
  signature: Uint8Array<ArrayBuffer>,
): void {
  if (signature.length !== BYTES.signature) {
    throw new Refusal(
      "wire",
      `Its halves have ${signature.length} bytes instead of ${BYTES.signature}`,
    );
  }
  const digest = createHash("sha512").update(data).digest();
  const message = concatenate(PREFIX, LABEL, NO_CONTEXT, digest);
  // The quick half first: only who has that key makes the other one be looked at.
  verifyEd25519(ed25519, message, signature.subarray(ML_DSA_44.signature));
  if (!verifyMlDsa(mlDsa, message, signature.subarray(0, ML_DSA_44.signature), LABEL)) {
    throw new Refusal("crypto", "Its ML-DSA half does not fit the message and the key");
  }
}
