import type { Clock } from "../../../../src/clock.ts";

/**
 * A clock on which everything that takes time runs `scale` times as fast. The time of day stays
 * what it is: only waits are shortened, so that a client's own clock agrees with the node's.
 */
export function scaledClock(clock: Clock, scale: number): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms / scale, signal),
  };
}
