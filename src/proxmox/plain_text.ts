import { printable } from "../log/printable.ts";

/** The longest text of Proxmox's that is kept, in characters. */
const LONGEST = 2_000;

/**
 * Text of Proxmox's as one line that can be shown: its lines joined and trimmed (messages end in a
 * newline, FACTS §1.3), whatever is invisible escaped, and not endless.
 */
export function plainText(text: string): string {
  const line = text.slice(0, 2 * LONGEST).replaceAll(/[ \t\r\n]+/g, " ").trim();
  const shown = printable(line);
  return shown.length <= LONGEST ? shown : `${shown.slice(0, LONGEST)}…`;
}
