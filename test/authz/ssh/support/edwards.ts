import { createHash } from "node:crypto";
import { type Bytes, bytes, string } from "./encode.ts";
import type { TestKey } from "./test_key.ts";

/** Just enough of the curve of ed25519 to make keys that no honest program makes (RFC 8032, 5.1). */

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * inverse(121666n));

type Point = readonly [x: bigint, y: bigint];

const BASE = decode(mod(4n * inverse(5n)));
/** A point of order 8. */
const TORSION = decode(
  BigInt("0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"),
);

/**
 * A key whose public point is an honest one plus a point of order 8. Its signatures hold for about
 * every eighth message where the equation is checked as it stands, and for every message where it
 * is multiplied by 8 first: verifiers differ.
 */
export function createMixedKey(secret: bigint): TestKey {
  const point = encode(add(multiply(BASE, secret), TORSION));
  const blob = bytes(string("ssh-ed25519"), string(point));
  return {
    type: "ssh-ed25519",
    blob,
    text: `ssh-ed25519 ${blob.toBase64()}`,
    sign(data) {
      const nonce = number(hash(point, data)) % L;
      const r = encode(multiply(BASE, nonce));
      const s = (nonce + (number(hash(r, point, data)) % L) * secret) % L;
      return bytes(string("ssh-ed25519"), string(r, littleEndian(s)));
    },
  };
}

/** Every point whose order divides 8, in its one spelling, and with the sign that x = 0 has not. */
export function smallOrderPoints(): Bytes[] {
  return Array.from({ length: 8 }, (_, times) => encode(multiply(TORSION, BigInt(times))))
    .flatMap((
      point,
    ) => [point, bytes(point.subarray(0, 31), Uint8Array.of((point[31] ?? 0) ^ 0x80))]);
}

function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const both = mod(D * x1 * x2 * y1 * y2);
  return [
    mod((x1 * y2 + x2 * y1) * inverse(1n + both)),
    mod((y1 * y2 + x1 * x2) * inverse(1n - both)),
  ];
}

function multiply(point: Point, times: bigint): Point {
  let sum: Point = [0n, 1n];
  let power = point;
  for (let rest = times; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) sum = add(sum, power);
    power = add(power, power);
  }
  return sum;
}

/** The point with this y and an even x. */
function decode(y: bigint): Point {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x - square) !== 0n) throw new RangeError("Cannot find a point with this y");
  return [(x & 1n) === 0n ? x : P - x, y];
}

function encode([x, y]: Point): Bytes {
  return littleEndian(y | ((x & 1n) << 255n));
}

function littleEndian(value: bigint): Bytes {
  return Uint8Array.fromHex(value.toString(16).padStart(64, "0")).reverse();
}

function number(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${littleEndian.toReversed().toHex()}`);
}

function hash(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(createHash("sha512").update(bytes(...parts)).digest());
}

function mod(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function inverse(value: bigint): bigint {
  return power(value, P - 2n);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}
