import { printable } from "../log/printable.ts";

/** A text of several lines, as a terminal may have it: each line made printable, each ended. */
export function printableText(text: string): string {
  return text.replace(/\n+$/, "").split("\n").map((line) => `${printable(line)}\n`).join("");
}
