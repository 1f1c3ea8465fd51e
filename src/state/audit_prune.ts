import * as z from "zod";
import { LASTING_CLASSES, PASSING_CLASSES } from "./audit_class.ts";
import type { AuditGap } from "./audit_gaps.ts";
import type { Store } from "./store.ts";

export interface AuditPruneOptions {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Links of passing classes go that were written before. Epoch milliseconds. */
  readonly before: number;
  /** And of each passing class all but so many. */
  readonly keep: Readonly<Record<(typeof PASSING_CLASSES)[number], number>>;
  /** Links of lasting classes go that were written before, and before the newest exported head. */
  readonly lastingBefore: number;
  /** How many at most; the next call goes on. */
  readonly limit: number;
}

const bytes = z.instanceof(Uint8Array);
const victimRow = z.object({ seq: z.int(), class: z.string(), previous: bytes, hash: bytes });
const seqRow = z.object({ seq: z.int().nullable() });

/** A link that may go. */
type Victim = z.infer<typeof victimRow>;

/**
 * The oldest links that need not be kept, in their order; never the newest link of all. Those that
 * only say what was pruned before go along with others, and never alone: each pruning adds one.
 *
 * @param head place of the newest link
 * @param exported place of the newest head that was exported; 0 when none was
 */
export function findVictims(
  store: Store,
  { before, keep, lastingBefore, limit }: AuditPruneOptions,
  { head, exported }: { readonly head: number; readonly exported: number },
): Victim[] {
  const young = (time: number) =>
    first(store, "SELECT min(seq) AS seq FROM audit WHERE at >= ?", time) ?? head;
  const [youngPassing, youngLasting] = [young(before), young(lastingBefore)];
  const bounds = [
    ...PASSING_CLASSES.map((name): [string, number] => [
      name,
      Math.max(youngPassing - 1, beyond(store, name, keep[name])),
    ]),
    ...LASTING_CLASSES.map((name): [string, number] => [
      name,
      Math.min(youngLasting - 1, exported),
    ]),
    ["chain", head],
  ];
  const victims = store.prepare(
    `SELECT audit.seq, class, previous, hash FROM audit
       JOIN json_each(?) AS bound ON bound.value ->> 0 = class AND audit.seq <= bound.value ->> 1
     WHERE audit.seq < ? ORDER BY audit.seq LIMIT ?`,
  ).all(JSON.stringify(bounds), head, limit).map((row) => victimRow.parse(row));
  return victims.every((victim) => victim.class === "chain") ? [] : victims;
}

/**
 * What stands in the place of links that go: one gap for each row of them, none over a place at which
 * a gap must end.
 */
export function gapsOf(victims: readonly Victim[], isEnd: (seq: number) => boolean): AuditGap[] {
  const gaps: AuditGap[] = [];
  for (const { seq, previous, hash } of victims) {
    const last = gaps.at(-1);
    if (last !== undefined && last.last === seq - 1 && !isEnd(last.last)) {
      gaps[gaps.length - 1] = { ...last, last: seq, hash };
    } else gaps.push({ first: seq, last: seq, previous, hash });
  }
  return gaps;
}

/** Place of the newest of a class that is one too many; 0 when none is. */
function beyond(store: Store, name: string, keep: number): number {
  const sql = "SELECT seq FROM audit WHERE class = ? ORDER BY seq DESC LIMIT 1 OFFSET ?";
  const found = store.prepare(sql).get(name, keep);
  return found === undefined ? 0 : seqRow.parse(found).seq ?? 0;
}

function first(store: Store, sql: string, value: number): number | undefined {
  return seqRow.parse(store.prepare(sql).get(value)).seq ?? undefined;
}
