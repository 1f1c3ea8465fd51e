import type { Comparison, Row } from "./frame.ts";

const HEAD = ["", "median", "quartiles", "ratio", "quartiles", "limit", ""] as const;

/** A comparison as text: a line each, with the ratio to the first one and what it is held to. */
export function table({ title, unit = "ms" }: Comparison, rows: readonly Row[]): string {
  const cells = rows.map(({ name, measured, ratio, limit }, index) => [
    name,
    `${digits(measured.median)} ${unit}`,
    `${digits(measured.low)} – ${digits(measured.high)}`,
    index === 0 ? "1" : ratio.median.toFixed(2),
    index === 0 ? "" : `${ratio.low.toFixed(2)} – ${ratio.high.toFixed(2)}`,
    limit === undefined ? "" : `${limit}`,
    limit === undefined ? "" : ratio.median <= limit ? "held" : "MISSED",
  ]);
  const lines = [HEAD, ...cells].map((row) => row.map(String));
  const widths = HEAD.map((_, column) => Math.max(...lines.map((row) => row[column]?.length ?? 0)));
  return [
    title,
    ...lines.map((row) =>
      "  " +
      row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
      ).join("  ").trimEnd()
    ),
  ].join("\n");
}

/** Three digits that count. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
