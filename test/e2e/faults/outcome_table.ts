import type { OperationState } from "../../../src/state/mod.ts";

/** How one order went under one fault. */
export interface Cell {
  /** The fault. */
  readonly row: string;
  /** The kind of action. */
  readonly column: string;
  /** How its operation ended; `refused`: there was none, `waits`: it ended well once it could. */
  readonly outcome: OperationState | "refused" | "waits";
  /** Empty: all is as it is to be. */
  readonly problems: readonly string[];
}

/**
 * The matrix as text, a line for each fault and a letter for each kind of action: `s`ucceeded,
 * `f`ailed, `u`nknown, `r`efused, `a`bandoned, `w`aited, and `X` where something was wrong.
 */
export function outcomeTable(
  cells: readonly Cell[],
  { title, seconds }: { readonly title: string; readonly seconds: number },
): string {
  const columns = [...new Set(cells.map(({ column }) => column))].toSorted();
  const rows = [...new Set(cells.map(({ row }) => row))].toSorted();
  const width = Math.max(...rows.map((row) => row.length));
  const letter = (row: string, column: string) => {
    const cell = cells.find((each) => each.row === row && each.column === column);
    if (cell === undefined) return " ";
    return cell.problems.length > 0 ? "X" : cell.outcome.charAt(0);
  };
  return [
    `${title}: ${cells.length} operations in ${seconds.toFixed(1)} s`,
    `  ${columns.map((column, index) => `${index + 1} ${column}`).join(", ")}`,
    ...rows.map((row) =>
      `  ${row.padEnd(width)}  ${columns.map((column) => letter(row, column)).join(" ")}`
    ),
  ].join("\n");
}
