import type { Clock } from "../../clock.ts";

/**
 * When the operations of this process began, by the monotonic clock: the time of day may jump, and
 * a call that seems to have left yesterday may be on its way yet.
 */
export class Departures {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #openedAt: number;
  readonly #begun = new Map<string, number>();

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
