/** What a promise becomes that was not settled in time. */
export const EXPIRED = Symbol("expired");

/** Time, as the helper sees it. Passed in, so that tests decide how long something takes. */
export interface Time {
  /** Milliseconds since some fixed point; it never goes back. */
  now(): number;
  /** What the promise settles to, or {@linkcode EXPIRED} after `ms` milliseconds. */
  within<T>(promise: Promise<T>, ms: number): Promise<T | typeof EXPIRED>;
}

/** The time of the machine. */
export const systemTime: Time = {
  now: () => performance.now(),
  async within(promise, ms) {
    const late = Promise.withResolvers<typeof EXPIRED>();
    const timer = setTimeout(() => late.resolve(EXPIRED), ms);
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  },
};
