import { type Clock, systemClock } from "../../../src/clock.ts";

/** A clock whose pace, and whose time of day, can be set. */
export interface PliantClock extends Clock {
  /** Sets the time of day forward or back; waits go on as they were. */
  jump(ms: number): void;
  /** Goes `scale` times as fast from now on; waits that have begun end as they would have. */
  shift(scale: number): void;
}

export interface PliantClockOptions {
  /** How far its time of day is ahead of the machine's, milliseconds. @default 0 */
  readonly ahead?: number;
}

/** A clock all of which goes `scale` times as fast, its time of day as well. */
export function pliantClock(scale: number, { ahead = 0 }: PliantClockOptions = {}): PliantClock {
  let pace = scale;
  let shifted = { machine: systemClock.monotonic(), elapsed: 0 };
  const elapsed = () => shifted.elapsed + (systemClock.monotonic() - shifted.machine) * pace;
  let wall = systemClock.now() + ahead;
  return {
    now: () => Math.floor(wall + elapsed()),
    monotonic: elapsed,
    sleep: (ms, signal) => systemClock.sleep(ms / pace, signal),
    jump(ms) {
      wall += ms;
    },
    shift(scale) {
      shifted = { machine: systemClock.monotonic(), elapsed: elapsed() };
      pace = scale;
    },
  };
}
