/** What an intruder tried, and what came of it. */
export interface Attempt {
  readonly what: string;
  readonly via: string;
  /** Whether it worked. */
  readonly worked: boolean;
  /** Who stopped it and how, in the words of the error. */
  readonly answer: string;
}

/** Everything that was tried, as one line of JSON among the daemon's log lines. */
export interface AttemptReport {
  readonly intruder: readonly Attempt[];
}

/** Reads the report out of what a daemon printed. */
export function findReport(output: string): readonly Attempt[] | undefined {
  const line = output.split("\n").find((text) => text.startsWith('{"intruder":'));
  if (line === undefined) return undefined;
  const { intruder }: AttemptReport = JSON.parse(line);
  return intruder;
}
