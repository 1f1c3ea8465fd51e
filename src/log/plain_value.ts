import { REDACTED, redactTokens, Secret } from "../config/secret.ts";

/** Bounds of what one field may bring into a line. */
const DEPTH = 5;
const ENTRIES = 50;
const LONGEST = 1000;

type Plain = string | number | boolean | null | readonly Plain[] | {
  readonly [key: string]: Plain;
};

/**
 * A value as plain JSON data, bounded in depth, breadth and length: errors with code, hint and
 * cause, big integers, dates, maps and sets in a readable form, circles cut, secrets redacted. Calls
 * no `toJSON` and survives getters that throw.
 */
export function plainValue(value: unknown): Plain {
  return plain(value, new Set());
}

function plain(value: unknown, above: ReadonlySet<object>): Plain {
  switch (typeof value) {
    case "string":
      return text(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return text(String(value));
    case "undefined":
      return null;
    case "function":
      return "[function]";
    case "object":
      return value === null ? null : structure(value, above);
    default:
      return text(String(value));
  }
}

function structure(value: object, above: ReadonlySet<object>): Plain {
  if (above.has(value)) return "[circular]";
  if (above.size >= DEPTH) return "[too deep]";
  const inside = new Set([...above, value]);
  try {
    if (value instanceof Secret) return REDACTED;
    if (value instanceof Error) return error(value, inside);
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      return `[${value.byteLength} bytes]`;
    }
    if (value instanceof URL) return text(value.href);
    if (value instanceof Map) {
      return entries([...value].map(([key, item]) => [label(key), item]), inside);
    }
    if (value instanceof Set) return list([...value], inside);
    if (Array.isArray(value)) return list(value, inside);
    const keys = Object.keys(value);
    return entries(keys.map((key) => [key, read(value, key)]), inside);
  } catch {
    // A proxy or a getter of somebody else's; a log line is no place to fail.
    return "[unreadable]";
  }
}

function error(value: Error, inside: ReadonlySet<object>): Plain {
  const known = ["name", "message", "code", "retry", "hint", "cause"].map((
    key,
  ): [string, unknown] => [key, read(value, key)]);
  const others = Object.keys(value).filter((key) => !known.some(([name]) => name === key))
    .map((key): [string, unknown] => [key, read(value, key)]);
  return entries([...known, ...others], inside);
}

function entries(pairs: readonly [string, unknown][], inside: ReadonlySet<object>): Plain {
  const result: Record<string, Plain> = Object.create(null);
  const set = pairs.filter(([, value]) => value !== undefined);
  for (const [key, value] of set.slice(0, ENTRIES)) result[label(key)] = plain(value, inside);
  if (set.length > ENTRIES) result["…"] = `${set.length - ENTRIES} more`;
  return result;
}

function list(values: readonly unknown[], inside: ReadonlySet<object>): Plain {
  const result = values.slice(0, ENTRIES).map((value) => plain(value, inside));
  return values.length > ENTRIES ? [...result, `${values.length - ENTRIES} more`] : result;
}

function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    // As above: the getter threw.
    return "[unreadable]";
  }
}

function label(key: unknown): string {
  return typeof key === "string" ? text(key).slice(0, 100) : typeof key;
}

function text(value: string): string {
  const left = value.length - LONGEST;
  // Cut first: a pattern over an unbounded text takes unbounded time. A secret cut in two still
  // has its head before it.
  return redactTokens(left <= 0 ? value : `${value.slice(0, LONGEST)}… (${left} more characters)`);
}
