import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";
import { WireReader } from "./wire.ts";

/** A curve, with what RFC 5656 ties to it. */
export interface Curve {
  readonly name: "nistp256" | "nistp384" | "nistp521";
  readonly jwk: "P-256" | "P-384" | "P-521";
  /** Bytes of a coordinate, and of r and s. */
  readonly size: number;
  readonly hash: "sha256" | "sha384" | "sha512";
}

export const NISTP256: Curve = { name: "nistp256", jwk: "P-256", size: 32, hash: "sha256" };
export const NISTP384: Curve = { name: "nistp384", jwk: "P-384", size: 48, hash: "sha384" };
export const NISTP521: Curve = { name: "nistp521", jwk: "P-521", size: 66, hash: "sha512" };

/**
 * Reads curve name and public point (RFC 5656, 3.1). Points come uncompressed, as OpenSSH takes
 * them; that they are on the curve is checked by the runtime.
 *
 * @throws {Refusal} `key`
 */
export function readEcdsa(reader: WireReader, { name, jwk, size }: Curve): KeyObject {
  const curve = reader.text();
  if (curve !== name) {
    throw new Refusal("key", `Its curve is ${quoted(curve)} where its type says ${name}`);
  }
  const point = reader.string();
  if (point.length !== 1 + 2 * size || point[0] !== 4) {
    throw new Refusal("key", `Its point is not an uncompressed one of ${1 + 2 * size} bytes`);
  }
  const base64url = (bytes: Uint8Array) =>
    bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const x = base64url(point.subarray(1, 1 + size));
  const y = base64url(point.subarray(1 + size));
  try {
    return createPublicKey({ key: { kty: "EC", crv: jwk, x, y }, format: "jwk" });
  } catch {
    throw new Refusal("key", "Its point is not on the curve");
  }
}

/**
 * Checks an ECDSA signature: r and s as numbers (RFC 5656, 3.1.2).
 *
 * @throws {Refusal} `wire`, `crypto`
 */
export function verifyEcdsa(
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array<ArrayBuffer>,
  { size, hash }: Curve,
): void {
  const reader = new WireReader(signature);
  const r = reader.mpint();
  const s = reader.mpint();
  reader.end();
  if (r.length > size || s.length > size) {
    throw new Refusal("wire", `Its numbers are longer than the ${size} bytes of the curve`);
  }
  const both = new Uint8Array(2 * size);
  both.set(r, size - r.length);
  both.set(s, 2 * size - s.length);
  if (!verifies(hash, data, key, both)) {
    throw new Refusal("crypto", "It does not fit the message and the key");
  }
}

function verifies(hash: string, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify(hash, data, { key, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    // The runtime throws where r or s is not below the order of the curve.
    return false;
  }
}
