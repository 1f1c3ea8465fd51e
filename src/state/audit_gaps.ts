import { createHash } from "node:crypto";
import * as z from "zod";
import type { AuditLink, AuditPlace } from "./audit_chain.ts";
import { PRUNED } from "./audit_class.ts";
import type { Store } from "./store.ts";

/** Links that were pruned, one after the other: what stands in their place. */
export interface AuditGap {
  readonly first: number;
  readonly last: number;
  /** Hash of the link before the first. */
  readonly previous: Uint8Array;
  /** Hash of the last one. */
  readonly hash: Uint8Array;
}

const bytes = z.instanceof(Uint8Array);
const row: z.ZodType<AuditGap> = z.object({
  first: z.int(),
  last: z.int(),
  previous: bytes,
  hash: bytes,
});
const COLUMNS = "first, last, previous, hash";
const vouching = z.object({ gaps: z.int(), digest: z.string() });
/** As the first layouts wrote it, which pruned from the beginning only. */
const vouchingOnce = z.object({ through: z.int(), hash: z.string() });
const DOMAIN = new TextEncoder().encode("felhom-audit-gaps-v1\0");

/** The gaps of the chain. Two that touch are one, unless a head between them was exported. */
export class AuditGaps {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** All of them, in their order. */
  all(): AuditGap[] {
    return this.#store.prepare(`SELECT ${COLUMNS} FROM audit_gap ORDER BY last`).all()
      .map((found) => row.parse(found));
  }

  /** The one that ends at a place. */
  endingAt(seq: number): AuditGap | undefined {
    const found = this.#store.prepare(`SELECT ${COLUMNS} FROM audit_gap WHERE last = ?`).get(seq);
    return found === undefined ? undefined : row.parse(found);
  }

  /** Where the last of them ends. */
  end(): AuditPlace | undefined {
    const found = this.#store.prepare(`SELECT ${COLUMNS} FROM audit_gap ORDER BY last DESC LIMIT 1`)
      .get();
    if (found === undefined) return undefined;
    const { last: seq, hash } = row.parse(found);
    return { seq, hash };
  }

  /**
   * Adds a gap, joined with those that touch it.
   *
   * @param isEnd whether a gap must end at a place: its hash is known elsewhere
   */
  add(gap: AuditGap, isEnd: (seq: number) => boolean): void {
    const before = isEnd(gap.first - 1) ? undefined : this.endingAt(gap.first - 1);
    const after = isEnd(gap.last) ? undefined : this.#beginningAt(gap.last + 1);
    const remove = this.#store.prepare("DELETE FROM audit_gap WHERE last = ?");
    for (const joined of [before, after]) if (joined !== undefined) remove.run(joined.last);
    const { first, previous } = before ?? gap;
    const { last, hash } = after ?? gap;
    this.#store.prepare(`INSERT INTO audit_gap (${COLUMNS}) VALUES (?, ?, ?, ?)`)
      .run(first, last, previous, hash);
  }

  #beginningAt(seq: number): AuditGap | undefined {
    // Gaps do not overlap: the first that ends there or later is the only one that can begin there.
    const found = this.#store.prepare(
      `SELECT ${COLUMNS} FROM audit_gap WHERE last >= ? ORDER BY last LIMIT 1`,
    ).get(seq);
    if (found === undefined) return undefined;
    const gap = row.parse(found);
    return gap.first === seq ? gap : undefined;
  }
}

/** What a link says of all gaps there are when it is written. */
export function vouchFor(gaps: readonly AuditGap[]): z.infer<typeof vouching> {
  return { gaps: gaps.length, digest: digestOf(gaps) };
}

/** Whether the newest link about what was pruned says that all these gaps are rightly there. */
export function isVouched(gaps: readonly AuditGap[], newest: AuditLink | undefined): boolean {
  const [gap] = gaps;
  if (gap === undefined) return true;
  if (newest?.kind !== PRUNED) return false;
  const said = parse(newest.body);
  const now = vouching.safeParse(said);
  if (now.success) return now.data.gaps === gaps.length && now.data.digest === digestOf(gaps);
  const once = vouchingOnce.safeParse(said);
  return once.success && gaps.length === 1 && gap.first === 1 && gap.last === once.data.through &&
    gap.hash.toHex() === once.data.hash;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No link of the agent's own: it vouches for nothing.
    return undefined;
  }
}

function digestOf(gaps: readonly AuditGap[]): string {
  const hash = createHash("sha256").update(DOMAIN);
  for (const { first, last, previous, hash: end } of gaps) {
    const numbers = new DataView(new ArrayBuffer(16));
    numbers.setBigUint64(0, BigInt(first));
    numbers.setBigUint64(8, BigInt(last));
    hash.update(new Uint8Array(numbers.buffer)).update(previous).update(end);
  }
  return hash.digest("hex");
}
