/**
 * The few ASN.1 DER values that a certificate is made of. Each function returns the whole value,
 * tag and length included, so that values nest as plain arguments.
 */

/** One value: tag, length, contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return concat(Uint8Array.of(tag, ...encodeLength(length)), ...contents);
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => der(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Uint8Array => der(0x31, ...items);
export const boolean = (value: boolean): Uint8Array => der(0x01, Uint8Array.of(value ? 0xff : 0));
export const octetString = (bytes: Uint8Array): Uint8Array => der(0x04, bytes);
export const utf8String = (text: string): Uint8Array => der(0x0c, new TextEncoder().encode(text));
export const nullValue: Uint8Array = der(0x05);

/** A non-negative integer, given big-endian. */
export function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes[0] ?? 0;
  return der(0x02, first >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes);
}

/** A bit string; `unused` is the number of padding bits in the last byte. */
export function bitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unused), bytes);
}

/** An object identifier in dotted form, as `2.5.4.3`. */
export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A time before 2050, to the second. */
export function utcTime(epochMs: number): Uint8Array {
  const text = new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/g, "").slice(2);
  return der(0x17, new TextEncoder().encode(text));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function encodeLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | (rest % 128));
  }
  return bytes;
}
