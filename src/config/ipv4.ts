/** A prefix of IPv4 addresses, as `10.0.0.0/8`. */
export interface Ipv4Prefix {
  /** As it is written. */
  readonly text: string;
  /** Its first address, as a number of 32 bits. */
  readonly first: number;
  readonly bits: number;
}

/** An address with the length of its network's prefix. */
export interface Ipv4Interface {
  readonly address: number;
  readonly bits: number;
}

/** A dotted quad without leading zeros: to some readers those make a number octal. */
const QUAD = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** An address as a number of 32 bits; `undefined` when it is none, or not written in the one way. */
export function parseIpv4(text: string): number | undefined {
  const parts = QUAD.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** `10.0.0.7/24`; `undefined` when it is none. */
export function parseIpv4Interface(text: string): Ipv4Interface | undefined {
  const [, quad, length] = /^([^/]+)\/(0|[1-9]\d?)$/.exec(text) ?? [];
  const address = quad === undefined ? undefined : parseIpv4(quad);
  const bits = Number(length);
  return address === undefined || bits > 32 ? undefined : { address, bits };
}

/** Reads `10.0.0.0/8`; answers with the reason when the text is none. */
export function parseIpv4Prefix(text: string): Ipv4Prefix | { readonly reason: string } {
  const found = parseIpv4Interface(text);
  if (found === undefined) return { reason: "it is no prefix of IPv4 addresses" };
  const { address: first, bits } = found;
  return first % sizeOf(bits) === 0
    ? { text, first, bits }
    : { reason: "bits behind the prefix are set" };
}

/** Whether an address lies in a prefix. */
export function liesInPrefix(address: number, { first, bits }: Ipv4Prefix): boolean {
  return address >= first && address < first + sizeOf(bits);
}

/** Whether an address is the first or the last of its network, which no guest can have. */
export function isNetworkOrBroadcast({ address, bits }: Ipv4Interface): boolean {
  if (bits > 30) return false;
  const within = address % sizeOf(bits);
  return within === 0 || within === sizeOf(bits) - 1;
}

function sizeOf(bits: number): number {
  return 2 ** (32 - bits);
}
