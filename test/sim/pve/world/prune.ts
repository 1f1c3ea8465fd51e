import { utcOffset } from "./node.ts";
import { parseBackupName } from "./volume.ts";

/** A backup as pruning sees it. */
export interface PruneEntry {
  readonly volid: string;
  /** Epoch seconds. */
  readonly ctime: number;
  readonly protected: boolean;
}

export type PruneMark = "keep" | "remove" | "protected" | "renamed";

/** `keep-last=3,keep-daily=7` taken apart; `undefined` when everything is kept. */
export function parseRetention(text: string | undefined): Map<string, number> | undefined {
  const keep = new Map<string, number>();
  for (const part of (text ?? "").split(",")) {
    const [name = "", value = ""] = part.split("=");
    if (name === "keep-all" && value !== "0") return undefined;
    if (name.startsWith("keep-") && Number(value) > 0) keep.set(name, Number(value));
  }
  return keep.size === 0 ? undefined : keep;
}

/**
 * Marks one guest's backups: keep-last first, then hourly to yearly, each counting only periods
 * that nothing kept before covers; protected and renamed files are not counted (FACTS §4).
 */
export function pruneMarks(
  entries: readonly PruneEntry[],
  retention: ReadonlyMap<string, number> | undefined,
  timezone: string,
): Map<string, PruneMark> {
  const marks = new Map<string, PruneMark>();
  const counted: PruneEntry[] = [];
  for (const entry of entries) {
    if (entry.protected) marks.set(entry.volid, "protected");
    else if (parseBackupName(entry.volid) === undefined) marks.set(entry.volid, "renamed");
    else if (retention === undefined) marks.set(entry.volid, "keep");
    else counted.push(entry);
  }
  const newestFirst = counted.toSorted(byAge);
  for (const [name, periodOf] of PERIODS) {
    const count = retention?.get(name) ?? 0;
    if (count > 0) markPeriod(newestFirst, marks, { count, periodOf, timezone });
  }
  for (const { volid } of newestFirst) if (!marks.has(volid)) marks.set(volid, "remove");
  return marks;
}

/** Newest first; of the same second, as files are listed (capture vzdump-prune.task-log). */
function byAge(a: PruneEntry, b: PruneEntry): number {
  return b.ctime - a.ctime || (a.volid < b.volid ? -1 : 1);
}

type PeriodOf = (date: Date, entry: PruneEntry) => string;

const PERIODS: readonly (readonly [string, PeriodOf])[] = [
  ["keep-last", (_date, entry) => entry.volid],
  ["keep-hourly", (date) => date.toISOString().slice(0, 13)],
  ["keep-daily", (date) => date.toISOString().slice(0, 10)],
  ["keep-weekly", isoWeek],
  ["keep-monthly", (date) => date.toISOString().slice(0, 7)],
  ["keep-yearly", (date) => date.toISOString().slice(0, 4)],
];

function markPeriod(
  newestFirst: readonly PruneEntry[],
  marks: Map<string, PruneMark>,
  rule: { readonly count: number; readonly periodOf: PeriodOf; readonly timezone: string },
): void {
  const period = (entry: PruneEntry) => {
    const local = (entry.ctime + utcOffset(rule.timezone, entry.ctime * 1000)) * 1000;
    return rule.periodOf(new Date(local), entry);
  };
  const covered = new Set(
    newestFirst.filter(({ volid }) => marks.get(volid) === "keep").map(period),
  );
  const added = new Set<string>();
  for (const entry of newestFirst) {
    const id = period(entry);
    if (covered.has(id) || marks.has(entry.volid)) continue;
    if (added.has(id)) marks.set(entry.volid, "remove");
    else if (added.size >= rule.count) return;
    else {
      added.add(id);
      marks.set(entry.volid, "keep");
    }
  }
}

/** `2026-47`: the ISO week, which a year's first days may owe to the year before. */
function isoWeek(date: Date): string {
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 4 - (date.getUTCDay() || 7));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.ceil(((thursday.getTime() - first) / 86_400_000 + 1) / 7);
  return `${thursday.getUTCFullYear()}-${week}`;
}
