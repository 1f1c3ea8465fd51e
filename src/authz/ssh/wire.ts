import { Refusal } from "./refusals.ts";

const PRINTABLE = /^[\x20-\x7e]*$/;
const LONGEST_TEXT = 255;
/** Bytes of a number, the zero that keeps it positive included: as many as OpenSSH reads. */
const LONGEST_NUMBER = 2049;

/**
 * Reads the values of RFC 4251, section 5, one after the other, in their one spelling. Lengths are
 * held against what is there before anything is taken; nothing is copied.
 */
export class WireReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** The next `count` bytes. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#pass(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** A byte. */
  byte(): number {
    return this.#bytes[this.#pass(1)] ?? 0;
  }

  /** A uint32. */
  uint32(): number {
    let value = 0;
    for (let left = 4; left > 0; left--) value = value * 256 + this.byte();
    return value;
  }

  /** A string: bytes with their count before them. */
  string(): Uint8Array<ArrayBuffer> {
    return this.take(this.uint32());
  }

  /** A string that holds printable ASCII and nothing else, 255 characters at most. */
  text(): string {
    const bytes = this.string();
    if (bytes.length > LONGEST_TEXT) {
      throw new Refusal("text", `A name in it has ${bytes.length} characters`);
    }
    const text = String.fromCharCode(...bytes);
    if (PRINTABLE.test(text)) return text;
    throw new Refusal("text", "A name in it has characters that are not printable ASCII");
  }

  /**
   * A positive number, big-endian, without its leading zeros. RFC 4251 asks for none but the one that
   * keeps the first bit from being a sign; agents that write all numbers of a curve in one length
   * leave more, as Secretive did until December 2025.
   */
  mpint(): Uint8Array<ArrayBuffer> {
    const bytes = this.string();
    if ((bytes[0] ?? 0) >= 0x80) throw new Refusal("wire", "A number in it is negative");
    if (bytes.length > LONGEST_NUMBER) {
      throw new Refusal("wire", `A number in it has ${bytes.length} bytes`);
    }
    const start = bytes.findIndex((byte) => byte !== 0);
    if (start < 0) throw new Refusal("wire", "A number in it is zero");
    return bytes.subarray(start);
  }

  /** The same of a key, where another spelling would be another key. */
  shortestMpint(): Uint8Array<ArrayBuffer> {
    const at = this.#at;
    const number = this.mpint();
    const sign = (number[0] ?? 0) >= 0x80 ? 1 : 0;
    if (this.#at - at === 4 + sign + number.length) return number;
    throw new Refusal("key", "A number in it has leading zeros");
  }

  /** Steps over the next `count` bytes. @returns where they begin */
  #pass(count: number): number {
    const left = this.#bytes.length - this.#at;
    if (count > left) {
      throw new Refusal("wire", `It ends within a value: ${count} bytes announced, ${left} left`);
    }
    this.#at += count;
    return this.#at - count;
  }

  /** Refuses bytes that are left over. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new Refusal("wire", `${left} bytes follow its end`);
  }
}

/** A string as it goes on the wire: its length as uint32, then its bytes. */
export function wireString(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(4 + bytes.length);
  new DataView(whole.buffer).setUint32(0, bytes.length);
  whole.set(bytes, 4);
  return whole;
}

/** Byte strings one after the other. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two byte strings are the same. Not for secrets: it ends at the first difference. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) {
    if (one[at] !== other[at]) return false;
  }
  return true;
}
