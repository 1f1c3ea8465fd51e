import type { Outcome } from "../outcome.ts";

/** How many operations came to which end since the daemon started. */
export class Tally {
  #executed = 0;
  #failed = 0;
  #unknown = 0;

  count({ kind }: Outcome): void {
    if (kind === "succeeded") this.#executed++;
    if (kind === "failed") this.#failed++;
    if (kind === "unknown") this.#unknown++;
  }

  /** Those that were carried out and seen done. */
  get executed(): number {
    return this.#executed;
  }

  get failed(): number {
    return this.#failed;
  }

  get unknown(): number {
    return this.#unknown;
  }
}
