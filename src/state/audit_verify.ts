import * as z from "zod";
import {
  type AuditLink,
  type AuditPlace,
  type BrokenLink,
  checkLink,
  GENESIS,
  sameBytes,
} from "./audit_chain.ts";
import { PRUNED } from "./audit_class.ts";
import { type AuditGap, isVouched } from "./audit_gaps.ts";

/** What a check of the chain found. */
export type AuditReport =
  | {
    readonly holds: true;
    readonly links: number;
    readonly head: AuditPlace;
    /** Of the place that was expected: whether it was there, or lies among links that were pruned. */
    readonly expected?: "found" | "pruned";
  }
  | { readonly holds: false; readonly links: number; readonly broken: BrokenLink };

const bytes = z.instanceof(Uint8Array);
/** A link as it is read from the state. */
export const linkRow: z.ZodType<AuditLink> = z.object({
  seq: z.int(),
  at: z.int(),
  kind: z.string(),
  body: z.string(),
  previous: bytes,
  hash: bytes,
});

/**
 * Follows the chain from its beginning to its head, over what was pruned.
 *
 * @param rows the links, in their order
 * @param gaps what was pruned, in its order
 * @param expected a place that was seen before: the chain must have it, or have pruned it
 */
export function verifyChain(
  rows: Iterable<unknown>,
  gaps: readonly AuditGap[],
  expected?: AuditPlace,
): AuditReport {
  const left = [...gaps];
  let place = GENESIS;
  let links = 0;
  let newest: AuditLink | undefined;
  let seen = expected?.seq === place.seq ? "found" as const : undefined;
  const broken = (seq: number, why: string): AuditReport => ({
    holds: false,
    links,
    broken: { seq, why },
  });
  const isOther = ({ seq, hash }: AuditPlace) =>
    expected?.seq === seq && !sameBytes(expected.hash, hash);
  if (isOther(place)) return broken(place.seq, NOT_THE_ONE);

  for (const row of rows) {
    const parsed = linkRow.safeParse(row);
    const seq = parsed.success ? parsed.data.seq : Number.MAX_SAFE_INTEGER;
    for (let gap = left[0]; gap !== undefined && gap.last < seq; gap = left[0]) {
      left.shift();
      const found = followGap(gap, place);
      if ("why" in found) return broken(found.seq, found.why);
      place = found;
      if (isOther(place)) return broken(place.seq, NOT_THE_ONE);
      if (expected?.seq === place.seq) seen = "found";
    }
    if (!parsed.success) return broken(place.seq + 1, "it cannot be read");
    const link = parsed.data;
    const found = checkLink(link, place);
    if (found !== undefined) return broken(found.seq, found.why);
    if (isOther(link)) return broken(link.seq, NOT_THE_ONE);
    if (expected?.seq === link.seq) seen = "found";
    if (link.kind === PRUNED) newest = link;
    place = link;
    links++;
  }
  const [gap] = left;
  if (gap !== undefined) {
    return broken(gap.first, "the links after those that were pruned are missing");
  }
  if (!isVouched(gaps, newest)) {
    return broken(gaps[0]?.first ?? 1, "no link of the chain says that links were pruned there");
  }
  const head = { seq: place.seq, hash: place.hash };
  if (expected === undefined) return { holds: true, links, head };
  if (expected.seq > place.seq) {
    const why = `links up to ${expected.seq} were seen before and are missing`;
    return broken(place.seq + 1, why);
  }
  return { holds: true, links, head, expected: seen ?? "pruned" };
}

const NOT_THE_ONE = "it is not the one seen before";

function followGap(gap: AuditGap, after: AuditPlace): AuditPlace | BrokenLink {
  if (gap.first !== after.seq + 1) {
    return { seq: after.seq + 1, why: "what was pruned does not follow the link before it" };
  }
  if (!sameBytes(gap.previous, after.hash)) {
    return { seq: gap.first, why: "what was pruned does not follow the link before it" };
  }
  return { seq: gap.last, hash: gap.hash };
}
