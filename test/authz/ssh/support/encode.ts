/** What SSH writes, byte by byte, with room for what it would never write. */

export type Bytes = Uint8Array<ArrayBuffer>;

export function bytes(...parts: readonly (Uint8Array | string)[]): Bytes {
  const all = parts.map((part) => typeof part === "string" ? new TextEncoder().encode(part) : part);
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function uint32(value: number): Bytes {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, value);
  return four;
}

export function string(...parts: readonly (Uint8Array | string)[]): Bytes {
  const content = bytes(...parts);
  return bytes(uint32(content.length), content);
}

/** A positive number, given big-endian, in its shortest spelling, behind `zeros` more zeros. */
export function mpint(number: Uint8Array, zeros = 0): Bytes {
  const start = number.findIndex((byte) => byte !== 0);
  const shortest = start < 0 ? new Uint8Array() : number.slice(start);
  const sign = (shortest[0] ?? 0) >= 0x80 ? 1 : 0;
  return string(new Uint8Array(sign + zeros), shortest);
}

/** What stands in an armored signature. */
export interface SshsigParts {
  readonly magic?: string;
  readonly version?: number;
  readonly key: Uint8Array;
  readonly namespace: string;
  readonly reserved?: string;
  readonly hash: string;
  /** Algorithm and signature proper. */
  readonly signature: Uint8Array;
  readonly trailing?: string;
}

export function sshsig(parts: SshsigParts): Bytes {
  const { magic = "SSHSIG", version = 1, reserved = "", trailing = "" } = parts;
  return bytes(
    magic,
    uint32(version),
    string(parts.key),
    string(parts.namespace),
    string(reserved),
    string(parts.hash),
    string(parts.signature),
    trailing,
  );
}

/** The lines that ssh-keygen writes. */
export function armor(blob: Uint8Array, width = 70): string {
  const lines = blob.toBase64().match(new RegExp(`.{1,${width}}`, "g")) ?? [];
  return [BEGIN, ...lines, END, ""].join("\n");
}

export function dearmor(armored: string): Bytes {
  return Uint8Array.fromBase64(armored.replaceAll(/-----[^-]*-----/g, ""));
}

export const BEGIN = "-----BEGIN SSH SIGNATURE-----";
export const END = "-----END SSH SIGNATURE-----";
