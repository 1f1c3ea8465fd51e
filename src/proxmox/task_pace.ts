/** The first look at a task whose kind nobody has seen yet, and what looks are apart (FACTS §7.3). */
const STEP_MS = 1_000;
/** The latest first look: what fails at once is to be known soon. */
const LONGEST_MS = 5_000;
/** Of so many tasks one is looked at a step earlier: they may have become faster. */
const TRY_EARLIER_EVERY = 4;

interface Usual {
  /** When one was seen to have ended, whole steps since its start. */
  readonly ms: number;
  /** How often the first look was right since it was last tried earlier, or became later. */
  readonly hits: number;
}

const UNSEEN: Usual = { ms: STEP_MS, hits: 0 };

/**
 * When to look at a task for the first time: as late as the last one of its kind was seen to have
 * ended. A look before that is in vain, and takes one of three workers (FACTS §7.4). It stays in
 * steps of the looks themselves, so nothing is known later for it than by looking at each of them,
 * but for a task that is faster than the last.
 */
export class TaskPace {
  readonly #usual = new Map<string, Usual>();

  /** Milliseconds after the start of a task of this kind. */
  firstLookMs(type: string): number {
    const { ms, hits } = this.#usual.get(type) ?? UNSEEN;
    return isTry(hits) ? Math.max(STEP_MS, ms - STEP_MS) : ms;
  }

  /** Takes note of a task that had ended when it was looked at, so many milliseconds after its start. */
  ended(type: string, afterMs: number): void {
    const { ms: before, hits } = this.#usual.get(type) ?? UNSEEN;
    const whole = Math.floor(afterMs / STEP_MS) * STEP_MS;
    // One that took very long is no reason to leave all that follow alone for so long.
    const ms = Math.max(STEP_MS, Math.min(whole, 2 * before, LONGEST_MS));
    this.#usual.set(type, { ms, hits: ms > before || isTry(hits) ? 0 : hits + 1 });
  }
}

function isTry(hits: number): boolean {
  return hits === TRY_EARLIER_EVERY - 1;
}
