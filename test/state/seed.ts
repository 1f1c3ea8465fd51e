/** A source of numbers that gives the same ones for the same seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A seed nobody chose, printed so that a failure can be had again. */
export function freshSeed(test: string): number {
  const seed = Math.floor(Math.random() * 2 ** 32);
  Deno.stderr.writeSync(new TextEncoder().encode(`${test}: seed ${seed}\n`));
  return seed;
}
