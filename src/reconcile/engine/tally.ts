import type { Outcome } from "../outcome.ts";

/** How many operations came to which end since the daemon started. */
export class Tally {
  #executed = 0;
  #failed = 0;

  count({ kind }: Outcome): void {
    if (kind === "succeeded") this.#executed++;
    if (kind === "failed") this.#failed++;
  }

  /** Those that were carried out and seen done. */
  get executed(): number {
    return this.#executed;
  }

  get failed(): number {
    return this.#failed;
  }
}
