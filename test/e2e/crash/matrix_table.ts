import type { Deadline } from "./orders.ts";

/** How one story with a kill in it ended. */
export interface Cell {
  readonly deadline: Deadline;
  /** What the commit wrote, as `operation to started, transition`. */
  readonly writes: string;
  /** Empty: nothing was lost, nothing was sent twice, and the end is the same. */
  readonly problems: readonly string[];
}

/** All stories of one kind of action. */
export interface MatrixRow {
  readonly kind: string;
  readonly cells: readonly Cell[];
  /** Why it could not be played here; then there are no cells. */
  readonly skipped?: string;
  /** Why its story cannot be told even without a kill; then there are no cells either. */
  readonly broken?: string;
}

/**
 * The matrix as text: a line for each kind, for each commit two letters, before and after it: a dot
 * where all was well, an X where it was not. What was not well follows, a line each.
 */
export function matrixTable(rows: readonly MatrixRow[]): string {
  const width = Math.max(...rows.map(({ kind }) => kind.length));
  const lines = rows.map((row) => `  ${row.kind.padEnd(width)}  ${toldOf(row)}`);
  const played = rows.flatMap(({ kind, cells }) => cells.map((cell) => ({ kind, ...cell })));
  const problems = played.flatMap(({ kind, deadline, writes, problems }) =>
    problems.map((problem) =>
      `  ${kind}, killed ${deadline.side} commit ${deadline.commit} (${writes}): ${problem}`
    )
  );
  const bad = played.filter((cell) => cell.problems.length > 0).length;
  return [
    "Killed before and after each commit (. well, X not):",
    ...lines,
    `  ${played.length} kills of ${
      rows.filter(({ cells }) => cells.length > 0).length
    } kinds, ${bad} not well`,
    ...problems,
  ].join("\n");
}

function toldOf({ cells, skipped, broken }: MatrixRow): string {
  if (skipped !== undefined) return `skipped: ${skipped}`;
  return broken === undefined ? pairs(cells) : `X: ${broken}`;
}

function pairs(cells: readonly Cell[]): string {
  const last = Math.max(0, ...cells.map(({ deadline }) => deadline.commit));
  const mark = (commit: number, side: Deadline["side"]) => {
    const cell = cells.find(({ deadline }) => deadline.commit === commit && deadline.side === side);
    return cell === undefined ? " " : cell.problems.length > 0 ? "X" : ".";
  };
  return Array.from(
    { length: last },
    (_, index) => mark(index + 1, "before") + mark(index + 1, "after"),
  )
    .join(" ").trimEnd();
}
