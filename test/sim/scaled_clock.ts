import { type Clock, systemClock } from "../../src/clock.ts";

/**
 * A clock whose waits are `scale` times as short. Both halves of the simulator share one, so that
 * the 3 s of a 401, the 30 s limit and a task of a minute shrink by the same factor. `monotonic`
 * runs with the waits; the time of day stays what it is, so that a client's clock agrees with the
 * node's.
 *
 * @throws {RangeError} when `scale` is not above 0
 */
export function scaledClock(scale: number, base: Clock = systemClock): Clock {
  if (!(scale > 0)) {
    throw new RangeError(`Cannot scale time by "${scale}": expected a number above 0`);
  }
  return {
    now: () => base.now(),
    monotonic: () => base.monotonic() * scale,
    sleep: (ms, signal) => base.sleep(ms / scale, signal),
  };
}
