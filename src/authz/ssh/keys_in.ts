import { Refusal } from "./refusals.ts";
import { parseSignerLine } from "./signer_line.ts";

/**
 * The digests of all keys in a text of signers, read line by line: a line that is refused costs only
 * itself. For remembering which keys once were there; who may sign is read by
 * {@linkcode parseAllowedSigners}.
 */
export function keysIn(text: string): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    try {
      keys.add(parseSignerLine(line).key.digest);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return keys;
}
