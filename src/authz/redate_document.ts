import { parseDocument } from "./parse_document.ts";
import { renderDocument } from "./render_document.ts";
import { formatUtcSeconds } from "./utc_seconds.ts";

/**
 * A document that waited, valid from later on and for as long as it was made for. It moves on by half
 * of that at a time: two who print it within that while sign the same bytes, and at least half is left.
 *
 * @param text of a document that nobody signed
 * @param now epoch milliseconds
 * @throws {FelhomError} `authz.*` when it is no document
 */
export function redateDocument(text: string, now: number): string {
  const { document, notBefore, expiresAt } = parseDocument(new TextEncoder().encode(text));
  const half = (expiresAt - notBefore) / 2;
  const halves = half > 0 ? Math.max(0, Math.floor((now - notBefore) / half)) : 0;
  const later = halves * half;
  return renderDocument({
    ...document,
    not_before: formatUtcSeconds(notBefore + later),
    expires: formatUtcSeconds(expiresAt + later),
  });
}
