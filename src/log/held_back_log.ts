import type { Clock } from "../clock.ts";
import { HeldBack } from "./held_back.ts";
import type { Fields, Logger } from "./logger.ts";

/** Kinds of lines that are told apart; the rest is one kind. */
export const MOST_KINDS = 128;

/**
 * A log in which nobody can cause warnings and errors without end: of each kind so many lines are
 * written in a minute, the rest is counted, and the count is written. Lines are of one kind when
 * their messages differ in numbers alone.
 */
export class HeldBackLog implements AsyncDisposable {
  readonly logger: Logger;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, HeldBack>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.logger = this.#bound(log);
  }

  /** Writes what was counted. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const kind of this.#kinds.values()) await kind[Symbol.asyncDispose]();
  }

  #bound(log: Logger): Logger {
    const hold = (level: "warn" | "error") => (message: string, fields: Fields = {}) =>
      this.#kindOf(level, message).write({ log, level, message, fields });
    return {
      debug: (message, fields) => log.debug(message, fields),
      info: (message, fields) => log.info(message, fields),
      warn: hold("warn"),
      error: hold("error"),
      child: (bound) => this.#bound(log.child(bound)),
    };
  }

  #kindOf(level: "warn" | "error", message: string): HeldBack {
    const said = message.replaceAll(/\d+/g, "…");
    const key = `${level}: ${said}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const full = this.#kinds.size >= MOST_KINDS;
    const name = full ? "others" : key;
    const what = full ? "lines of other kinds" : `lines like "${said}"`;
    const kind = this.#kinds.get(name) ??
      new HeldBack({ log: this.#log, clock: this.#clock, what });
    this.#kinds.set(name, kind);
    return kind;
  }
}
