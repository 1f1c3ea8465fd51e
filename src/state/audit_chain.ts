import { createHash } from "node:crypto";

/** A link of the audit chain. */
export interface AuditLink {
  /** 1 for the first ever, then one more each time. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: string;
  /** Canonical JSON. */
  readonly body: string;
  /** Hash of the link before it; {@linkcode GENESIS} for the first. */
  readonly previous: Uint8Array;
  readonly hash: Uint8Array;
}

/** A place in the chain. */
export interface AuditPlace {
  /** 0 before the first link. */
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** What stands before the first link. */
export const GENESIS: AuditPlace = { seq: 0, hash: new Uint8Array(32) };

const DOMAIN = new TextEncoder().encode("felhom-audit-v1\0");

/**
 * The hash of a link: SHA-256 over the domain, seq and at as 64-bit big-endian numbers, kind and body
 * as UTF-8, each after its length in 32 bits, and the previous hash. No two links have one encoding.
 */
export function hashLink(link: Omit<AuditLink, "hash">): Uint8Array {
  const encoder = new TextEncoder();
  const kind = encoder.encode(link.kind);
  const body = encoder.encode(link.body);
  const numbers = new DataView(new ArrayBuffer(24));
  numbers.setBigUint64(0, BigInt(link.seq));
  numbers.setBigInt64(8, BigInt(link.at));
  numbers.setUint32(16, kind.length);
  numbers.setUint32(20, body.length);
  const hash = createHash("sha256");
  hash.update(DOMAIN).update(new Uint8Array(numbers.buffer)).update(kind).update(body);
  return new Uint8Array(hash.update(link.previous).digest());
}

/** Where and why a chain does not hold. */
export interface BrokenLink {
  readonly seq: number;
  readonly why: string;
}

/**
 * Whether a link follows a place.
 *
 * @returns `undefined` when it does
 */
export function checkLink(link: AuditLink, after: AuditPlace): BrokenLink | undefined {
  if (link.seq !== after.seq + 1) {
    const [from, to] = [after.seq + 1, link.seq - 1];
    return { seq: from, why: from === to ? "it is missing" : `links ${from} to ${to} are missing` };
  }
  if (!sameBytes(link.previous, after.hash)) {
    return { seq: link.seq, why: "it does not follow the link before it" };
  }
  if (!sameBytes(link.hash, hashLink(link))) {
    return { seq: link.seq, why: "it was changed after it was written" };
  }
  return undefined;
}

/** Whether two hashes are the same. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
