/**
 * Whether the whole of `text` matches `pattern` as Perl's `m/^…$/` sees it: `$` also matches before
 * a last newline.
 */
export function perlMatch(pattern: string, text: string, flags = ""): boolean {
  return new RegExp(`^(?:${pattern})\n?$`, flags).test(text);
}

/** Splits a list parameter as Proxmox does: NUL if there is one, else comma, semicolon, blank. */
export function splitList(text: string): string[] {
  if (text.includes("\0")) return text.split("\0");
  return text.split(/[,;\s]+/).filter((entry) => entry !== "");
}
