/** VLAN tags, both ends included. */
export interface VlanRange {
  readonly first: number;
  readonly last: number;
}

const MOST = 4094;

/** Reads `10` or `100-199`; answers with the reason when the text is none. */
export function parseVlanRange(text: string): VlanRange | { readonly reason: string } {
  const [, from, to = from] = /^([1-9]\d{0,3})(?:-([1-9]\d{0,3}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first > MOST || last > MOST) {
    return { reason: "it is no tag from 1 to 4094, and no range of them" };
  }
  return first <= last ? { first, last } : { reason: "it ends before it begins" };
}
