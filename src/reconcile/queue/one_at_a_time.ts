import type { Clock } from "../../clock.ts";
import type { Lane } from "./lane.ts";

export interface OneAtATimeOptions {
  readonly clock: Clock;
  /**
   * Told of each lane that was turned away, once it is free, in the order in which they came. All of
   * them: the first may not want to enter any more, and nobody would tell the others.
   */
  readonly onFree: (lane: Lane) => void;
}

/** A stay inside. */
export interface Stay {
  /** Lets the next one in. Only the first call counts. */
  leave(): void;
}

/**
 * Something that one lane of a node may do at a time: a backup, since vzdump takes one lock for the
 * whole node and a second one would wait for it for hours as a running task (FACTS §4). Who is turned
 * away does not block a worker: it is told when to come again.
 *
 * INVARIANTS
 * - One is inside at most.
 * - Who was turned away, and did not forget about it, is told when it is free.
 */
export class OneAtATime {
  readonly #clock: Clock;
  readonly #onFree: (lane: Lane) => void;
  /** In the order in which they were turned away. */
  readonly #waiting = new Set<Lane>();
  #inside: { readonly lane: Lane; readonly since: number } | null = null;

  constructor({ clock, onFree }: OneAtATimeOptions) {
    this.#clock = clock;
    this.#onFree = onFree;
  }

  /** @returns null when somebody is inside: `onFree` is told of this lane later */
  tryEnter(lane: Lane): Stay | null {
    if (this.#inside !== null) {
      this.#waiting.add(lane);
      return null;
    }
    const inside = { lane, since: this.#clock.monotonic() };
    this.#inside = inside;
    return {
      leave: () => {
        if (this.#inside !== inside) return;
        this.#inside = null;
        const told = [...this.#waiting];
        this.#waiting.clear();
        for (const other of told) this.#onFree(other);
      },
    };
  }

  /** Does not want to be told any more. */
  forget(lane: Lane): void {
    this.#waiting.delete(lane);
  }

  /** Who is inside, and for how many milliseconds; null when it is free. */
  get inside(): { readonly lane: Lane; readonly forMs: number } | null {
    if (this.#inside === null) return null;
    const { lane, since } = this.#inside;
    return { lane, forMs: this.#clock.monotonic() - since };
  }

  /** Who was turned away, the first first. */
  get waiting(): readonly Lane[] {
    return [...this.#waiting];
  }
}
