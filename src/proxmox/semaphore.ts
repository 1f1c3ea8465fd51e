/** Someone who waits for a place. */
export interface Caller {
  /** Called once, at once or later, when the place is his. He gives it back with `leave`. */
  admitted(): void;
}

/**
 * At most `places` callers at a time, in the order they came. Without promises, because every call
 * passes here and nearly all find a place at once.
 *
 * INVARIANT: a caller who entered is either inside or in the queue until he leaves.
 */
export class Semaphore {
  readonly #places: number;
  readonly #inside = new Set<Caller>();
  readonly #queue = new Set<Caller>();

  constructor(places: number) {
    this.#places = places;
  }

  get inside(): number {
    return this.#inside.size;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  enter(caller: Caller): void {
    if (this.#inside.size >= this.#places) {
      this.#queue.add(caller);
      return;
    }
    this.#inside.add(caller);
    caller.admitted();
  }

  /** Gives the place back, or gives up waiting for one. */
  leave(caller: Caller): void {
    if (this.#queue.delete(caller) || !this.#inside.delete(caller)) return;
    for (const next of this.#queue) {
      this.#queue.delete(next);
      this.#inside.add(next);
      next.admitted();
      return;
    }
  }
}
