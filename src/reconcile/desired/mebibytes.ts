import type { Json } from "../../config/json.ts";

const UNITS: Readonly<Record<string, number>> = {
  KiB: 1 / 1024,
  MiB: 1,
  GiB: 1024,
  TiB: 1024 * 1024,
};

/**
 * Memory as whole MiB: a number is MiB, a text has its unit. What is no whole MiB is rounded up, here
 * and nowhere else, so a guest never has less than was asked for, and one pass is enough.
 *
 * @returns `undefined` for what is neither, and for less than nothing
 */
export function readMebibytes(value: Json): number | undefined {
  if (typeof value === "number") return value < 0 ? undefined : Math.ceil(value);
  if (typeof value !== "string") return undefined;
  const [, digits, unit = ""] = /^(\d{1,10}(?:\.\d{1,6})?) ?([KMGT]iB)$/.exec(value) ?? [];
  const factor = UNITS[unit];
  // Exact wherever the result is whole: then it is a sum of powers of two.
  return digits === undefined || factor === undefined
    ? undefined
    : Math.ceil(Number(digits) * factor);
}
