/** All the chance of one world, from one seed, so that a run can be repeated. */
export interface Random {
  /** A number of [0, 1). */
  next(): number;
  /** An integer of [from, to]. */
  int(from: number, to: number): number;
  /** `digits` lower-case hexadecimal digits. */
  hex(digits: number): string;
}

/** A generator (mulberry32) that gives the same numbers for the same `seed`. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  function int(from: number, to: number): number {
    return from + Math.floor(next() * (to - from + 1));
  }
  function hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += int(0, 15).toString(16);
    return text;
  }
  return { next, int, hex };
}

/** A UUID as `mkfs` prints it. */
export function randomUuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-");
}

/** A MAC address under Proxmox's own prefix (FACTS §3.1). */
export function randomMac(random: Random): string {
  const tail = random.hex(6).toUpperCase();
  return `BC:24:11:${tail.slice(0, 2)}:${tail.slice(2, 4)}:${tail.slice(4, 6)}`;
}
