import { type Clock, systemClock } from "../../../src/clock.ts";

/** How time goes where all of it goes faster, the time of day as well. */
export interface ScaledTime {
  /** The instant from which on it does, by the machine's clock: epoch milliseconds. */
  readonly since: number;
  /** How many times as fast. */
  readonly scale: number;
}

/**
 * A clock that goes faster. Its time of day follows from the machine's alone: so processes that are
 * told the same agree about it to the millisecond, the one that died and the one after it too.
 */
export function scaledTime({ since, scale }: ScaledTime, machine: Clock = systemClock): Clock {
  return {
    now: () => since + (machine.now() - since) * scale,
    monotonic: () => machine.monotonic() * scale,
    sleep: (ms, signal) => machine.sleep(ms / scale, signal),
  };
}
