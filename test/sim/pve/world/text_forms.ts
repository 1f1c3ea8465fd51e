/**
 * Tags in Proxmox's normal form: lower-cased, without duplicates, sorted, joined by `;`
 * (FACTS §3.1; capture ok-config-put-tags).
 */
export function normaliseTags(text: string): string {
  const tags = text.split(/[,;\s\0]+/).filter((tag) => tag !== "").map((tag) => tag.toLowerCase());
  return [...new Set(tags)].toSorted().join(";");
}

/** A description as it reads back: a newline behind every line (FACTS §3.1, OBSERVED 24). */
export function readDescription(text: string): string {
  const lines = text.split("\n");
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\n`).join("");
}

/** A list parameter taken apart at comma, semicolon, whitespace, or NUL if there is one (§1.4). */
export function splitList(text: string): string[] {
  const separator = text.includes("\0") ? /\0/ : /[,;\s]/;
  return text.split(separator).filter((part) => part !== "");
}
