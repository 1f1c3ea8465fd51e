import type { CommandLine } from "./command_line.ts";
import type { NumberRange } from "./number_range.ts";
import type { Programs, READERS } from "./programs.ts";

/** What an operation works with: passed in, so that tests can put another in its place. */
export interface Host {
  readonly programs: Programs;
  /** The VMIDs for which a golden container may be made, from the root-owned unit. */
  readonly vmids: NumberRange | null;
}

/** The programs that an operation starts. */
export interface Needs {
  /** As root. */
  readonly commands: readonly CommandLine[];
  /** As the helper's own user. */
  readonly readers: readonly (keyof typeof READERS)[];
}
