import { printable } from "../log/printable.ts";
import { cutText, textWidth } from "./text_width.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /**
   * Figures stand on the right.
   *
   * @default "left"
   */
  readonly align?: "left" | "right";
}

const GAP = "  ";
/** A column is never cut below this. */
const NARROWEST = 8;

/**
 * A table as text, a line for each row, its titles first. Cells may come from outside: what a
 * terminal would act on is shown as an escape.
 *
 * @param options.width columns to fit into; the widest columns are cut first
 * @default options.width no limit
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly width?: number | undefined } = {},
): string {
  const lines = [columns.map(({ title }) => title.toUpperCase()), ...rows].map((row) =>
    columns.map((_, at) => printable(row[at] ?? ""))
  );
  const widths = columns.map((_, at) =>
    Math.max(...lines.map((line) => textWidth(line[at] ?? "")))
  );
  narrow(widths, options.width);
  return lines.map((line) => {
    const cells = columns.map(({ align }, at) => {
      const width = widths[at] ?? 0;
      const cell = cutText(line[at] ?? "", width);
      const space = " ".repeat(width - textWidth(cell));
      return align === "right" ? space + cell : cell + space;
    });
    return cells.join(GAP).trimEnd() + "\n";
  }).join("");
}

function narrow(widths: number[], limit: number | undefined): void {
  if (limit === undefined) return;
  const over = () =>
    widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - limit;
  while (over() > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= NARROWEST) return;
    const second = Math.max(NARROWEST, ...widths.filter((other) => other < width));
    widths[widest] = Math.max(second, width - over(), NARROWEST);
    if (widths[widest] === width) widths[widest] = width - 1;
  }
}
