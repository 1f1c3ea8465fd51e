import { EXPIRED, type Time } from "../../privileged/time.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** The helper's view of a clock that a test moves. */
export function timeOf(clock: FakeClock): Time {
  return {
    now: () => clock.monotonic(),
    async within<T>(promise: Promise<T>, ms: number): Promise<T | typeof EXPIRED> {
      const gaveUp = new AbortController();
      const expired = (): typeof EXPIRED => EXPIRED;
      const late = clock.sleep(ms, gaveUp.signal).then(expired, expired);
      try {
        return await Promise.race([promise, late]);
      } finally {
        gaveUp.abort();
      }
    },
  };
}
