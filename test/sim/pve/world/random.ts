import { seededRandom } from "../../random.ts";

/** All the chance of one world, from one seed, so that a run can be repeated. */
export interface Random {
  /** A number of [0, 1). */
  next(): number;
  /** An integer of [from, to]. */
  int(from: number, to: number): number;
  /** `digits` lower-case hexadecimal digits. */
  hex(digits: number): string;
}

/** The chance of the world with this `seed`. */
export function createRandom(seed: number): Random {
  const next = seededRandom(seed);
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
