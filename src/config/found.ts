import { printable } from "../log/printable.ts";
import { looksSecret } from "./secret.ts";

const LONGEST = 60;

/**
 * What was found in place of an allowed value, for a message: text and numbers as they are, arrays
 * and objects by kind only. What looks like a token is not shown, wherever it stands.
 */
export function describeFound(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
    case "boolean":
      return String(value);
    case "object":
      return "an object";
    default:
      return `a ${typeof value}`;
  }
}

function quote(text: string): string {
  if (text === "") return "an empty text";
  if (looksSecret(text)) return "[redacted]";
  return text.length > LONGEST
    ? `"${printable(text.slice(0, LONGEST))}…" (${text.length} characters)`
    : `"${printable(text)}"`;
}
