/** What benign work that is let through may write into the audit log. */
export const REPEAT_LIMITS = {
  windowMs: 3_600_000,
  /** Different permits of one source that are written in a window. */
  perSource: 2_000,
  /** Of those that came again, how many are named in one link. */
  named: 200,
} as const;

/** A permit, as far as another is the same again. */
export interface Repeatable {
  readonly source: string;
  readonly kind: string;
  readonly vmid: number | null;
  readonly ground: string;
}

/** What came again in a window and was not written. */
export interface Repeated {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly permits: readonly (Repeatable & { readonly times: number })[];
}

/**
 * Decides which permits of benign work are written: each the first time in an hour. What comes again
 * is counted, and the counts are written when the hour is over: a guest that powers itself off all
 * the time makes two links an hour. The journal has each of them.
 */
export class AuditRepeats {
  #window = Number.NEGATIVE_INFINITY;
  readonly #seen = new Map<string, { readonly permit: Repeatable; again: number }>();
  readonly #written = new Map<string, number>();

  /**
   * @param at epoch milliseconds
   * @returns what came again in the last window, once, when a new one begins
   */
  turn(at: number): Repeated[] {
    const window = Math.floor(at / REPEAT_LIMITS.windowMs);
    if (window === this.#window) return [];
    const left = this.take();
    this.#window = window;
    return left;
  }

  /** What came again so far, and forgets it. */
  take(): Repeated[] {
    const from = this.#window * REPEAT_LIMITS.windowMs;
    const permits = [...this.#seen.values()].filter(({ again }) => again > 0)
      .map(({ permit, again }) => ({ ...permit, times: again }));
    this.#seen.clear();
    this.#written.clear();
    const links: Repeated[] = [];
    for (let start = 0; start < permits.length; start += REPEAT_LIMITS.named) {
      links.push({ from, permits: permits.slice(start, start + REPEAT_LIMITS.named) });
    }
    return links;
  }

  /** Whether a permit is written; else it is counted. Call {@linkcode AuditRepeats.turn} before. */
  admit(given: Repeatable): boolean {
    const { source, kind, vmid, ground } = given;
    const written = this.#written.get(source) ?? 0;
    const isNew = !this.#seen.has(JSON.stringify([source, kind, vmid, ground]));
    // Beyond its number a source's permits are told apart by their kind alone.
    const permit = isNew && written >= REPEAT_LIMITS.perSource
      ? { source, kind, vmid: null, ground: "others" }
      : { source, kind, vmid, ground };
    const key = JSON.stringify([permit.source, permit.kind, permit.vmid, permit.ground]);
    const known = this.#seen.get(key);
    if (known !== undefined) {
      known.again++;
      return false;
    }
    const over = permit.ground === "others";
    this.#seen.set(key, { permit, again: over ? 1 : 0 });
    if (!over) this.#written.set(source, written + 1);
    return !over;
  }
}
