/** A small generator for property tests (mulberry32): the same seed, the same cases. */
export interface SeededRandom {
  readonly seed: number;
  /** From 0 up to but without 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number;
  pick<T>(choices: ArrayLike<T>): T;
  /** A text of `low` to `high` characters out of `alphabet`. */
  text(alphabet: string, low: number, high: number): string;
}

/**
 * Prints the seed, so that a failure can be had again by passing it.
 *
 * @param seed by default another one each time
 */
export function seededRandom(
  seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1,
): SeededRandom {
  // deno-lint-ignore no-console -- the seed is what a failing property test is repeated with
  console.log(`seed ${seed}`);
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  function pick<T>(choices: ArrayLike<T>): T {
    const choice = choices[integer(0, choices.length - 1)];
    if (choice === undefined) throw new Error("Cannot pick from nothing");
    return choice;
  }
  return {
    seed,
    next,
    integer,
    pick,
    text: (alphabet, low, high) =>
      Array.from({ length: integer(low, high) }, () => pick(alphabet)).join(""),
  };
}
