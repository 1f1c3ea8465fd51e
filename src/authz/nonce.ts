import * as z from "zod";

/** Crockford's alphabet: no I, L, O, U, so that nothing is read as something else. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RANDOM_BYTES = 10;

/**
 * A number used once, in the form of a ULID: ten characters of time and sixteen of chance. Only
 * whether it was seen before counts; the time in it is for people and sorts it.
 */
export const nonce = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);

/**
 * Makes a nonce.
 *
 * @param at epoch milliseconds
 * @param random ten bytes nobody can foretell
 * @throws {RangeError} for another number of bytes, or a time that no ULID can hold
 */
export function makeNonce(at: number, random: Uint8Array): string {
  if (random.length !== RANDOM_BYTES) {
    throw new RangeError(`Cannot make a nonce of ${random.length} random bytes: it takes ten`);
  }
  if (!Number.isSafeInteger(at) || at < 0 || at >= 2 ** 48) {
    throw new RangeError(`Cannot make a nonce of the time ${at}`);
  }
  const chance = random.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
  return digits(BigInt(at), 10) + digits(chance, 16);
}

function digits(value: bigint, count: number): string {
  return Array.from(
    { length: count },
    (_, place) => ALPHABET[Number(value >> BigInt(5 * (count - 1 - place)) & 31n)],
  ).join("");
}
