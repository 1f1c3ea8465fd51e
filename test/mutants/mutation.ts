/** A change to a piece of source text. */
export interface Mutation {
  /** What was done, in a word: `drop_guard`. */
  readonly operator: string;
  /** Where, in UTF-16 units from the start of the file. */
  readonly range: readonly [start: number, end: number];
  readonly replacement: string;
  /** What stands there now, in words, where the replacement says too little. */
  readonly told?: string;
}

/** A change to a file that at least one test should notice. */
export interface Mutant extends Mutation {
  /** Below the root. */
  readonly file: string;
  /** One-based. */
  readonly line: number;
  /**
   * Names it in the list of those that were argued: file, function, operator, what stood there and
   * what stands there now. It stays the same when other lines move it.
   */
  readonly id: string;
}

const LONGEST = 90;

/** A piece of code on one line; what is in the way of telling is left out. */
export function clipped(code: string): string {
  const line = code.replaceAll(/\/\/.*$/gm, "").replaceAll(/\s+/g, " ").trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}

/** The text with the change made. */
export function applied(source: string, { range: [start, end], replacement }: Mutation): string {
  return source.slice(0, start) + replacement + source.slice(end);
}
