import { type Spread, spreadOf } from "./spread.ts";

/** One of the things that are compared. */
export interface Contender {
  readonly name: string;
  /**
   * Does one round's work and resolves when it is done.
   *
   * @returns what was measured, when that is not the time the round took
   */
  run(): Promise<number | void>;
}

/** What is measured against what. */
export interface Comparison {
  readonly title: string;
  /** What the others are divided by. */
  readonly baseline: Contender;
  readonly contenders: readonly (Contender & {
    /** The largest ratio to the baseline that is good enough; none: shown for comparison. */
    readonly limit?: number;
  })[];
  /** Rounds that count. @default 15 */
  readonly rounds?: number;
  /** Rounds before them, which do not count. @default 2 */
  readonly warmUp?: number;
  /** Unit of what is measured. @default "ms" */
  readonly unit?: string;
}

/** Comparisons that belong together, with what they hold open until they are done. */
export interface Suite {
  readonly comparisons: readonly Comparison[];
  close(): Promise<void> | void;
}

/** One line of a comparison. */
export interface Row {
  readonly name: string;
  /** What was measured, in the comparison's unit. */
  readonly measured: Spread;
  /** To the baseline of the same round. */
  readonly ratio: Spread;
  readonly limit: number | undefined;
}

/**
 * Runs a comparison. In each round every contender runs once, directly after another, beginning
 * with another one each time; a ratio is taken within a round. So a machine that is slow for a
 * while is slow for all of them, and no place in the row is always the lucky one.
 *
 * @param now milliseconds, never going back
 */
export async function compare(
  comparison: Comparison,
  now: () => number = () => performance.now(),
): Promise<Row[]> {
  const { baseline, contenders, rounds = 15, warmUp = 2 } = comparison;
  const all = [baseline, ...contenders];
  const measured = all.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (let place = 0; place < all.length; place++) {
      const index = (place + round + warmUp) % all.length;
      const value = await measure(all[index], now);
      if (round >= 0) measured[index]?.push(value);
    }
  }
  const bases = measured[0] ?? [];
  return all.map(({ name }, index) => {
    const values = measured[index] ?? [];
    return {
      name,
      measured: spreadOf(values),
      ratio: spreadOf(values.map((value, round) => value / (bases[round] ?? Number.NaN))),
      limit: contenders[index - 1]?.limit,
    };
  });
}

async function measure(contender: Contender | undefined, now: () => number): Promise<number> {
  if (contender === undefined) throw new RangeError("Cannot measure nothing");
  const start = now();
  const value = await contender.run();
  return value ?? now() - start;
}
