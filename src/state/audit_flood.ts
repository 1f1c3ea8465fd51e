/** What a source may write into the audit log by being refused. */
export const AUDIT_LIMITS = {
  windowMs: 60_000,
  /** Different refusals of one source that are written in a window. */
  perSource: 30,
  /** Sources that are told apart in a window; the rest is one. */
  sources: 32,
} as const;

/** What was left out of the audit log in a window, by source. */
export interface Suppressed {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly refusals: Readonly<Record<string, number>>;
}

/**
 * Decides which refusals are written: of each source the first of a kind in a window, and so many
 * kinds. The rest is counted, so a flood makes a few rows a minute, which say how large it was.
 */
export class AuditFlood {
  #window = Number.NEGATIVE_INFINITY;
  readonly #seen = new Map<string, Set<string>>();
  readonly #suppressed = new Map<string, number>();

  /**
   * @param at epoch milliseconds
   * @returns what the last window left out, once, when a new one begins
   */
  turn(at: number): Suppressed | undefined {
    const window = Math.floor(at / AUDIT_LIMITS.windowMs);
    if (window === this.#window) return undefined;
    const left = this.take();
    this.#window = window;
    return left;
  }

  /** What was left out so far, and forgets it. */
  take(): Suppressed | undefined {
    const left = this.#suppressed.size === 0 ? undefined : {
      from: this.#window * AUDIT_LIMITS.windowMs,
      refusals: Object.fromEntries(this.#suppressed),
    };
    this.#seen.clear();
    this.#suppressed.clear();
    return left;
  }

  /** Whether a refusal is written; else it is counted. Call {@linkcode AuditFlood.turn} before. */
  admit(source: string, key: string): boolean {
    const known = this.#seen.has(source) || this.#seen.size < AUDIT_LIMITS.sources;
    const name = known ? source : "others";
    const keys = this.#seen.get(name) ?? new Set();
    this.#seen.set(name, keys);
    if (!keys.has(key) && keys.size < AUDIT_LIMITS.perSource) {
      keys.add(key);
      return true;
    }
    this.#suppressed.set(name, (this.#suppressed.get(name) ?? 0) + 1);
    return false;
  }
}
