import type { Grammar } from "./grammar.ts";

/** Whole numbers from `first`, at least 1, to `last`, both included. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The grammar of exactly the whole numbers of a range, in decimal without leading zeros.
 *
 * sudo can compare text only; this is how a range of VMIDs becomes a rule of its own.
 *
 * @throws {RangeError} when `first` is below 1 or above `last`
 * @example
 * ```ts ignore
 * numberGrammar({ first: 98, last: 105 }).pattern; // "(9[8-9]|10[0-5])"
 * ```
 */
export function numberGrammar({ first, last }: NumberRange): Grammar {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1 || first > last) {
    throw new RangeError(`Cannot write the range "${first}" to "${last}" as a grammar`);
  }
  const parts: string[] = [];
  for (let low = first; low <= last;) {
    const high = endOfBlock(low, last);
    parts.push(block(String(low), String(high)));
    low = high + 1;
  }
  return {
    pattern: parts.length === 1 ? parts.join("") : `(${parts.join("|")})`,
    longest: String(last).length,
    example: String(first),
    farExample: String(last),
  };
}

/** The largest number up to `last` such that `low` to it is a fixed start, one class, free digits. */
function endOfBlock(low: number, last: number): number {
  let end = low;
  for (let size = 1; low % size === 0; size *= 10) {
    // One digit may run on to 9, the digits behind it are free.
    const digit = Math.floor(low / size) % 10;
    const atNine = low + (10 - digit) * size - 1;
    const whole = low + Math.floor((last - low + 1) / size) * size - 1;
    const candidate = Math.min(atNine, whole);
    if (candidate > end) end = candidate;
    if (digit !== 0 || size > last) break;
  }
  return end;
}

/** The pattern of the numbers from `low` to `high`, which differ as a block does. */
function block(low: string, high: string): string {
  const same = commonStart(low, high);
  if (same === low.length) return low;
  const first = low[same];
  const last = high[same];
  const isFree = first === "0" && last === "9";
  const free = low.length - same - (isFree ? 0 : 1);
  const tail = free === 0 ? "" : free === 1 ? "[0-9]" : `[0-9]{${free}}`;
  return low.slice(0, same) + (isFree ? "" : `[${first}-${last}]`) + tail;
}

function commonStart(low: string, high: string): number {
  let length = 0;
  while (length < low.length && low[length] === high[length]) length++;
  return length;
}
