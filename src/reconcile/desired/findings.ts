import type { Finding } from "../../config/problem.ts";
import { renderFinding } from "../../config/problem.ts";
import { looksSecret, REDACTED } from "../../config/secret.ts";
import { FelhomError } from "../../errors.ts";

/** So many are told; of the rest, how many there are. */
const MOST_TOLD = 200;
/** Longest key that is shown. */
const LONGEST_KEY = 60;

/** A desired state that is none. */
export class DesiredError extends FelhomError {
  override readonly name = "DesiredError";
  /** Everything that is wrong with it, in the order of the document. */
  readonly problems: readonly Finding[];

  constructor(problems: readonly Finding[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.slice(0, MOST_TOLD).map((it) => renderFinding(it, { hint: true }));
    if (problems.length > MOST_TOLD) lines.push(`  and ${problems.length - MOST_TOLD} more`);
    super("desired.invalid", `Cannot take the desired state: ${count}\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** Collects what is wrong with a document, so that all of it can be told at once. */
export class Findings {
  readonly #all: Finding[] = [];
  readonly #lines: ReadonlyMap<string, number>;

  /** @param lines by path, as `parseJson` gives them */
  constructor(lines: ReadonlyMap<string, number>) {
    this.#lines = lines;
  }

  get all(): readonly Finding[] {
    return this.#all;
  }

  add(path: readonly string[], what: Omit<Finding, "path" | "where">): void {
    const line = this.#lines.get(path.join("."));
    this.#all.push({
      path: path.map(shownKey).join("."),
      ...(line === undefined ? {} : { where: `line ${line}` }),
      ...what,
    });
  }
}

/** A key comes from outside: it may be endless, or a token in the wrong place. */
function shownKey(key: string): string {
  if (looksSecret(key)) return REDACTED;
  return key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key;
}
