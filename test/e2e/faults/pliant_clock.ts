import { type Clock, systemClock } from "../../../src/clock.ts";

/** A clock whose time of day can be set. */
export interface PliantClock extends Clock {
  /** Sets the time of day forward or back; waits go on as they were. */
  jump(ms: number): void;
}

export interface PliantClockOptions {
  /** How far its time of day is ahead of the machine's, milliseconds. @default 0 */
  readonly ahead?: number;
}

/** A clock all of which goes `scale` times as fast, its time of day as well. */
export function pliantClock(scale: number, { ahead = 0 }: PliantClockOptions = {}): PliantClock {
  const began = systemClock.monotonic();
  const elapsed = () => (systemClock.monotonic() - began) * scale;
  let wall = systemClock.now() + ahead;
  return {
    now: () => Math.floor(wall + elapsed()),
    monotonic: elapsed,
    sleep: (ms, signal) => systemClock.sleep(ms / scale, signal),
    jump(ms) {
      wall += ms;
    },
  };
}
