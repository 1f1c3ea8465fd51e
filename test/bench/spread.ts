/** Where the values of several rounds lie. */
export interface Spread {
  readonly median: number;
  /** The quarter of the values that is smaller ends here. */
  readonly low: number;
  /** The quarter of the values that is larger begins here. */
  readonly high: number;
}

/**
 * Median and quartiles of `values`, by linear interpolation between neighbours.
 *
 * @throws RangeError when there are no values
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
  };
}

function quantile(sorted: readonly number[], part: number): number {
  const position = (sorted.length - 1) * part;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) {
    throw new RangeError("Cannot compute the spread of no values");
  }
  return below + (above - below) * (position - Math.floor(position));
}
