import { createHash } from "node:crypto";

/** Digest of a text as it is kept beside it: `sha256:` and 64 hex digits, over its UTF-8. */
export function textDigest(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
