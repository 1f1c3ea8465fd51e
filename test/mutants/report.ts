import type { Ending } from "./lane.ts";
import type { Mutant } from "./mutation.ts";

/** What became of a mutant. */
export interface Verdict {
  readonly id: string;
  readonly area: string;
  readonly outcome: "killed" | "timed_out" | "survived" | "argued" | "unreadable";
  /** The test that noticed, or the argument. */
  readonly by: string;
}

/** The verdict on a mutant by how its tests ended, and by what was argued of it. */
export function verdictOn(
  { id }: Mutant,
  area: string,
  { ending, argument }: { readonly ending: Ending; readonly argument: string | undefined },
): Verdict {
  switch (ending.outcome) {
    case "failed":
      return { id, area, outcome: "killed", by: ending.test };
    case "timed_out":
      return { id, area, outcome: "timed_out", by: "" };
    case "unreadable":
      return { id, area, outcome: "unreadable", by: ending.said };
    case "passed":
      return argument === undefined
        ? { id, area, outcome: "survived", by: "" }
        : { id, area, outcome: "argued", by: argument };
  }
}

/** The table at the end: how many of each area, and what became of them. */
export function table(verdicts: readonly Verdict[]): string {
  const outcomes = ["killed", "timed_out", "survived", "argued", "unreadable"] as const;
  const row = (name: string, of: readonly Verdict[]) =>
    [
      name,
      String(of.length),
      ...outcomes.map((outcome) => String(of.filter((it) => it.outcome === outcome).length)),
    ].map((cell, at) => at === 0 ? cell.padEnd(12) : cell.padStart(10)).join("");
  const areas = [...new Set(verdicts.map(({ area }) => area))];
  return [
    ["", "mutants", ...outcomes].map((cell, at) => at === 0 ? cell.padEnd(12) : cell.padStart(10))
      .join(""),
    ...areas.map((area) => row(area, verdicts.filter((it) => it.area === area))),
    row("all", verdicts),
  ].join("\n");
}

/** A file of verdicts, one a line, as {@linkcode toLine} writes them. */
export function parseVerdicts(text: string): Verdict[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

export function toLine(verdict: Verdict): string {
  return `${JSON.stringify(verdict)}\n`;
}
