import type { Clock } from "../../src/clock.ts";

/** A clock that can be ended: sleepers then never wake, and leave no timer behind. */
export interface MortalClock extends Clock {
  end(): void;
}

/** Wraps `clock`, so that a simulator that stops takes the tasks of its world with it. */
export function mortalClock(clock: Clock): MortalClock {
  const sleepers = new Set<AbortController>();
  let over = false;
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (over) return;
        const timer = new AbortController();
        sleepers.add(timer);
        const forget = () => {
          sleepers.delete(timer);
          signal?.removeEventListener("abort", give);
        };
        const give = () => {
          forget();
          timer.abort();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", give, { once: true });
        clock.sleep(ms, timer.signal).then(() => {
          forget();
          resolve();
        }, forget);
      });
    },
    end() {
      over = true;
      for (const timer of sleepers) timer.abort();
      sleepers.clear();
    },
  };
}
