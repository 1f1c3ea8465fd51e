import type { Clock } from "../../clock.ts";

/** Of how many operations that have ended it is remembered when. */
const ENDED = 1_000;

/**
 * When the operations of this process began, by the monotonic clock: the time of day may jump, and
 * a call that seems to have left yesterday may be on its way yet.
 */
export class Departures {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #openedAt: number;
  readonly #begun = new Map<string, number>();
  /** When those that this process began were last known not to have ended. */
  readonly #atWork = new Map<string, number>();

  /** Made as the process begins: what is begun already was begun by an earlier one. */
  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#openedAt = clock.monotonic();
  }

  /** Milliseconds since this process began. */
  get ageMs(): number {
    return this.#clock.monotonic() - this.#openedAt;
  }

  /** Its request may leave from now on. */
  note(operation: string): void {
    this.#begun.set(operation, this.#clock.monotonic());
    this.#atWork.delete(operation);
    this.atWork(operation);
  }

  /** Its task was seen to run. Of one that an earlier process began nothing is remembered. */
  atWork(operation: string): void {
    if (!this.#begun.has(operation)) return;
    this.#atWork.set(operation, this.#clock.monotonic());
    for (const oldest of this.#atWork.keys()) {
      if (this.#atWork.size <= ENDED) break;
      this.#atWork.delete(oldest);
    }
  }

  /**
   * Milliseconds since an operation was last known to be at work: no less than since it ended, but for
   * the time that an answer takes. Null
   * when an earlier process began it, or too many have ended since.
   */
  sinceAtWorkMs(operation: string): number | null {
    const at = this.#atWork.get(operation);
    return at === undefined ? null : this.#clock.monotonic() - at;
  }

  /** Milliseconds since an operation began; null when an earlier process began it. */
  elapsedMs(operation: string): number | null {
    const at = this.#begun.get(operation);
    return at === undefined ? null : this.#clock.monotonic() - at;
  }

  /** It has ended. */
  forget(operation: string): void {
    this.#begun.delete(operation);
  }
}
