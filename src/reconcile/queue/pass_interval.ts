/** Milliseconds between two passes, before they are spread. */
const INTERVAL_MS = 30_000;
const JITTER = 0.2;

/**
 * How long to wait between two passes: 30 s, spread by a fifth to both sides, since a thousand agents
 * must not read in step. Pure.
 *
 * @param random a number from 0 to 1, as `Math.random` gives it
 * @returns whole milliseconds
 */
export function passInterval(random: number): number {
  return Math.round(INTERVAL_MS * (1 + JITTER * (2 * random - 1)));
}
