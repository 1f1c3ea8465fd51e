/**
 * The post-quantum half of hybrid keys: ML-DSA-44 (FIPS 204) with a context. The runtime's Web Crypto
 * answers `false` to every signature with a context, so this is a package. It can sign as well; this
 * is the one module that imports it, and all it takes of it is `verify`.
 */

import { FelhomError } from "../../errors.ts";

type Verify = (
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
  options: { readonly context: Uint8Array },
) => boolean;

/** Bytes of a public key and of a signature. */
export const ML_DSA_44 = { publicKey: 1312, signature: 2420 } as const;

/** As the package exports it, once it is loaded. A module is evaluated once, so it stays. */
let verify: Verify | undefined;

/** Loads the verifier, which takes some milliseconds: only who has such keys pays for it. */
export async function loadMlDsa(): Promise<void> {
  if (verify !== undefined) return;
  const { ml_dsa44 } = await import("@noble/post-quantum/ml-dsa.js");
  verify = ml_dsa44.verify;
}

/**
 * Whether a signature of {@linkcode ML_DSA_44} holds.
 *
 * @throws {FelhomError} `internal.bug` while the verifier is not loaded: nothing is accepted then
 */
export function verifyMlDsa(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  context: Uint8Array,
): boolean {
  if (verify === undefined) {
    throw new FelhomError("internal.bug", "Cannot verify ML-DSA: its verifier is not loaded");
  }
  return verify(signature, message, publicKey, { context });
}
