import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { Refusal } from "./refusals.ts";
import type { WireReader } from "./wire.ts";

/** 2^255 - 19, the prime of the field, little-endian. */
const P = Uint8Array.fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
/** Order of the base point, little-endian. */
const L = Uint8Array.fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

/**
 * y of the points whose order divides 8, little-endian, without the sign of x: everybody can sign
 * for such a key, for about every eighth message or for all.
 */
const SMALL_ORDER = new Set([
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]);

/**
 * Reads the public point: 32 bytes, RFC 8032, 5.1.5.
 *
 * @throws {Refusal} `key`, `ed25519_point`
 */
export function readEd25519(reader: WireReader): KeyObject {
  return readEd25519Point(reader.string());
}

/**
 * Reads the public point from its bytes.
 *
 * @throws {Refusal} `key`, `ed25519_point`
 */
export function readEd25519Point(point: Uint8Array): KeyObject {
  if (point.length !== 32) {
    throw new Refusal("key", `Its point has ${point.length} bytes instead of 32`);
  }
  const y = Uint8Array.from(point);
  y[31] = (y[31] ?? 0) & 0x7f;
  if (SMALL_ORDER.has(y.toHex())) {
    throw new Refusal("ed25519_point", "Its point is of small order: anybody can sign for it");
  }
  if (!isBelow(y, P)) {
    throw new Refusal("ed25519_point", "Its point is not in its one spelling");
  }
  try {
    const x = point.toBase64({ alphabet: "base64url", omitPadding: true });
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    throw new Refusal("ed25519_point", "Its point is not on the curve");
  }
}

/**
 * Checks an ed25519 signature: R and S, 64 bytes.
 *
 * @throws {Refusal} `wire`, `ed25519_s`, `crypto`
 */
export function verifyEd25519(
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array<ArrayBuffer>,
): void {
  if (signature.length !== 64) {
    throw new Refusal("wire", `Its ed25519 part has ${signature.length} bytes instead of 64`);
  }
  if (!isBelow(signature.subarray(32), L)) {
    throw new Refusal("ed25519_s", "Its S is not reduced");
  }
  if (!verify(null, data, key, signature)) {
    throw new Refusal("crypto", "It does not fit the message and the key");
  }
}

/** Whether a number is smaller than another of the same length, both little-endian. */
function isBelow(number: Uint8Array, limit: Uint8Array): boolean {
  for (let at = limit.length - 1; at >= 0; at--) {
    const [byte = 0, most = 0] = [number[at], limit[at]];
    if (byte !== most) return byte < most;
  }
  return false;
}
