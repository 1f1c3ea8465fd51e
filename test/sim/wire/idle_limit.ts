import type { Clock } from "../../../src/clock.ts";

/**
 * Tells when nothing has happened for too long. One timer, renewed only when it has run out, so
 * that a busy connection costs none for each request.
 */
export class IdleLimit {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #ended: AbortSignal;
  #active: number;
  #paused = false;

  /** Calls `onIdle` once, unless `ended` is aborted first. */
  constructor(
    clock: Clock,
    ms: number,
    options: { readonly onIdle: () => void; readonly ended: AbortSignal },
  ) {
    this.#clock = clock;
    this.#ms = ms;
    this.#ended = options.ended;
    this.#active = clock.monotonic();
    this.#watch().then((idle) => idle && options.onIdle());
  }

  /** Something happened. */
  touch(): void {
    this.#active = this.#clock.monotonic();
  }

  /** From now on nothing needs to happen. */
  pause(): void {
    this.#paused = true;
  }

  /** The time runs again, from now on. */
  resume(): void {
    this.#paused = false;
    this.touch();
  }

  async #watch(): Promise<boolean> {
    while (!this.#ended.aborted) {
      const left = this.#paused ? this.#ms : this.#active + this.#ms - this.#clock.monotonic();
      if (left <= 0) return true;
      try {
        await this.#clock.sleep(left, this.#ended);
      } catch {
        return false;
      }
    }
    return false;
  }
}
