import { plainText } from "./plain_text.ts";

/** How many lines are kept: warnings, and of the log's end. */
const KEPT_WARNINGS = 100;
const KEPT_TAIL = 50;

/** What is worth keeping of a task's log, however long that is. */
export class LogDigest {
  readonly #warnings: string[] = [];
  #tail: string[] = [];
  #seen = 0;

  /** How many lines were added. */
  get seen(): number {
    return this.#seen;
  }

  /** The first lines that begin with `WARN:`, without that. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The last lines. */
  get tail(): readonly string[] {
    return [...this.#tail];
  }

  /** Adds the lines that follow, and returns them plain. */
  add(lines: readonly string[]): readonly string[] {
    this.#seen += lines.length;
    const plain = lines.map(plainText);
    for (const line of plain) {
      const warning = /^(?:WARN|WARNING): ?(.*)$/.exec(line)?.[1];
      if (warning !== undefined && this.#warnings.length < KEPT_WARNINGS) {
        this.#warnings.push(warning);
      }
    }
    this.#tail = [...this.#tail, ...plain.slice(-KEPT_TAIL)].slice(-KEPT_TAIL);
    return plain;
  }
}
