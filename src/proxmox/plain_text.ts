/** Control, format and line-separating characters: what could move a cursor, hide or reorder. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** The longest text of Proxmox's that is kept, in characters. */
const LONGEST = 2_000;

/**
 * Text of Proxmox's as one line that can be shown: trimmed (messages end in a newline, FACTS §1.3),
 * without anything invisible, and not endless.
 */
export function plainText(text: string): string {
  const line = text.slice(0, 4 * LONGEST).replace(INVISIBLE, " ").replace(/ {2,}/g, " ").trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}
