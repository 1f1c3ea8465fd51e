import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { Refusal } from "./refusals.ts";
import type { WireReader } from "./wire.ts";

/** Bits of a modulus. What the runtime verifies ends at 4096. */
const BITS = { least: 2048, most: 4096 } as const;

/** An RSA key with the length its signatures must have. */
export interface RsaKey {
  readonly key: KeyObject;
  readonly modulus: Uint8Array<ArrayBuffer>;
}

/**
 * Reads exponent and modulus (RFC 4253, 6.6).
 *
 * @throws {Refusal} `key`, `rsa_size`, `rsa_exponent`
 */
export function readRsa(reader: WireReader): RsaKey {
  const exponent = reader.shortestMpint();
  const modulus = reader.shortestMpint();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < BITS.least || bits > BITS.most) {
    throw new Refusal(
      "rsa_size",
      `It is RSA with ${bits} bits; from ${BITS.least} to ${BITS.most} can be used`,
    );
  }
  const odd = ((exponent.at(-1) ?? 0) & (modulus.at(-1) ?? 0) & 1) === 1;
  if (!odd || exponent.length > 4 || (exponent.length === 1 && exponent[0] === 1)) {
    throw new Refusal("rsa_exponent", "Its exponent or modulus is not one of RSA");
  }
  const base64url = (bytes: Uint8Array) =>
    bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  try {
    const jwk = { kty: "RSA", e: base64url(exponent), n: base64url(modulus) };
    return { key: createPublicKey({ key: jwk, format: "jwk" }), modulus };
  } catch {
    throw new Refusal("rsa_exponent", "The runtime does not take its exponent and modulus");
  }
}

/**
 * Checks an RSASSA-PKCS1-v1_5 signature (RFC 8332). One that is shorter than its key is filled up
 * with zeros, as OpenSSH does it: agents that take it for a number leave them off.
 *
 * @throws {Refusal} `wire`, `crypto`
 */
export function verifyRsa(
  { key, modulus }: RsaKey,
  data: Uint8Array,
  signature: Uint8Array,
  hash: "sha256" | "sha512",
): void {
  if (signature.length > modulus.length) throw new Refusal("wire", "It is longer than its key");
  const whole = new Uint8Array(modulus.length);
  whole.set(signature, modulus.length - signature.length);
  if (!verifies(hash, data, key, whole)) {
    throw new Refusal("crypto", "It does not fit the message and the key");
  }
}

function verifies(hash: string, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify(hash, data, key, signature);
  } catch {
    // The runtime may throw where the signature, as a number, is not below the modulus.
    return false;
  }
}
