import type { Clock } from "../clock.ts";
import type { Fields, Logger } from "./logger.ts";

/** How many lines of one kind are written in a window; the rest is counted. */
export const LINE_LIMITS = { windowMs: 60_000, lines: 10 } as const;

export interface HeldBackOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** What is counted, as the log says it: "refusals". */
  readonly what: string;
}

/** A line, and where it goes. */
export interface HeldLine {
  readonly log: Pick<Logger, "warn" | "error">;
  readonly level: "warn" | "error";
  readonly message: string;
  readonly fields: Fields;
}

/**
 * Warnings that others cause: so many are written in a minute, the rest is counted, and the count is
 * written when the minute is over. Nobody can fill the log by being refused.
 */
export class HeldBack implements AsyncDisposable {
  readonly #options: HeldBackOptions;
  readonly #done = new AbortController();
  /** By the monotonic clock; undefined before the first line. */
  #from: number | undefined;
  #written = 0;
  #held = 0;
  #counting: Promise<void> | undefined;

  constructor(options: HeldBackOptions) {
    this.#options = options;
  }

  /** Writes a warning, or counts it. */
  warn(message: string, fields: Fields): void {
    this.write({ log: this.#options.log, level: "warn", message, fields });
  }

  /** Writes a line, or counts it. */
  write({ log, level, message, fields }: HeldLine): void {
    const { clock } = this.#options;
    const now = clock.monotonic();
    if (this.#from === undefined || now - this.#from >= LINE_LIMITS.windowMs) {
      this.#tell();
      this.#from = now;
      this.#written = 0;
    }
    if (this.#written < LINE_LIMITS.lines) {
      this.#written++;
      log[level](message, fields);
      return;
    }
    this.#held++;
    this.#counting ??= this.#count(this.#from + LINE_LIMITS.windowMs - now);
  }

  /** Writes what was counted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#done.abort();
    await this.#counting;
    this.#tell();
  }

  /** A flood that ends is told of, too. */
  async #count(leftMs: number): Promise<void> {
    try {
      await this.#options.clock.sleep(leftMs, this.#done.signal);
    } catch (error) {
      // Told by whoever ended the waiting.
      if (!this.#done.signal.aborted) throw error;
      return;
    } finally {
      this.#counting = undefined;
    }
    this.#tell();
  }

  #tell(): void {
    if (this.#held === 0) return;
    const { log, what } = this.#options;
    log.warn(`${this.#held} more ${what} in the last minute`, { heldBack: this.#held });
    this.#held = 0;
  }
}
