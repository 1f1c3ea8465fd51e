import { Refusal, type RefusalReason } from "./refusals.ts";

const PRINTABLE = /^[\x20-\x7e]*$/;
const LONGEST_TEXT = 255;

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
   * A positive number, big-endian, without the zero that keeps its first bit from being a sign.
   *
   * @param refusedAs the reason given when it is negative, zero or not in its shortest spelling
   */
  mpint(refusedAs: RefusalReason = "mpint"): Uint8Array<ArrayBuffer> {
    const bytes = this.string();
    const [first, second = 0] = bytes;
    if (first === undefined) throw new Refusal("wire", "A number in it is zero");
    if (first >= 0x80) throw new Refusal("wire", "A number in it is negative");
    if (first > 0) return bytes;
    if (second >= 0x80) return bytes.subarray(1);
    throw new Refusal(refusedAs, "A number in it has leading zeros");
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
