import type { Clock } from "../clock.ts";

/** What happens when time is up. */
export type OnExpired = () => void;

/**
 * Time limits of many calls with one timer: nearly every call ends long before its limit, so a
 * timer for each would be set and cleared for nothing.
 *
 * INVARIANT: while anything waits, the timer is set for the earliest limit or earlier.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Map<OnExpired, number>();
  #timer: AbortController | undefined;
  #wakeAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `onExpired` after `ms` milliseconds, unless it is deleted before. */
  add(onExpired: OnExpired, ms: number): void {
    const at = this.#clock.monotonic() + ms;
    this.#waiting.set(onExpired, at);
    if (at < this.#wakeAt) this.#wake(at);
  }

  delete(onExpired: OnExpired): void {
    this.#waiting.delete(onExpired);
  }

  /** Forgets all of them. */
  close(): void {
    this.#waiting.clear();
    this.#timer?.abort();
  }

  #wake(at: number): void {
    this.#timer?.abort();
    this.#timer = new AbortController();
    this.#wakeAt = at;
    const { signal } = this.#timer;
    this.#clock.sleep(Math.max(0, at - this.#clock.monotonic()), signal).then(
      () => this.#expire(),
      () => {}, // Aborted: another timer took its place, or nothing waits any more.
    );
  }

  #expire(): void {
    this.#wakeAt = Infinity;
    const now = this.#clock.monotonic();
    const expired: OnExpired[] = [];
    let next = Infinity;
    for (const [onExpired, at] of this.#waiting) {
      if (at <= now) expired.push(onExpired);
      else next = Math.min(next, at);
    }
    for (const onExpired of expired) this.#waiting.delete(onExpired);
    if (next < this.#wakeAt) this.#wake(next);
    for (const onExpired of expired) onExpired();
  }
}
