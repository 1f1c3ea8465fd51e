const JITTER = 0.2;

/**
 * How long to wait between two passes: an interval, spread by a fifth to both sides, since a thousand
 * agents must not read in step. Pure.
 *
 * @param random a number from 0 to 1, as `Math.random` gives it
 * @param intervalMs milliseconds between two passes, before they are spread
 * @returns whole milliseconds
 */
export function passInterval(random: number, intervalMs = 30_000): number {
  return Math.round(intervalMs * (1 + JITTER * (2 * random - 1)));
}
