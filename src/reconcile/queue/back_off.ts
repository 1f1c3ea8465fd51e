/** How long something that fails is left alone. */
export interface BackOffLimits {
  /** After the first failure, milliseconds; doubled with each that follows. */
  readonly firstMs: number;
  /** What doubling ends at, milliseconds. */
  readonly longestMs: number;
  /** The part of it by which it is spread to both sides, the longest as well. */
  readonly jitter: number;
}

/** 2 s, 4 s, 8 s, … 5 min, each ±20%. */
export const BACK_OFF: BackOffLimits = { firstMs: 2_000, longestMs: 300_000, jitter: 0.2 };

export interface BackOffOptions {
  /** A number from 0 to 1, as `Math.random` gives it. */
  readonly random: number;
  /** @default BACK_OFF */
  readonly limits?: BackOffLimits;
}

/**
 * How long to wait before the next try. Spread, so that what failed together does not come again
 * together: the longest delay, too, where all of them end up. Pure.
 *
 * @param failures in a row, from 1
 * @returns whole milliseconds; 0 when nothing failed
 */
export function backOff(failures: number, { random, limits = BACK_OFF }: BackOffOptions): number {
  if (failures < 1) return 0;
  const { firstMs, longestMs, jitter } = limits;
  const delay = Math.min(longestMs, firstMs * 2 ** (failures - 1));
  return Math.round(delay * (1 + jitter * (2 * random - 1)));
}
