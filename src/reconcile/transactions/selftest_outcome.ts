import type { SelftestReport, SelftestWish } from "./selftest_report.ts";

/** What a self-test comes to, by its steps and by what ended it. */
export function outcomeOf(
  { stop }: SelftestWish,
  { steps, problem }: Pick<SelftestReport, "steps" | "problem">,
  signal: AbortSignal,
): SelftestReport["outcome"] {
  if (problem === null) return "passed";
  if (stop.aborted || signal.aborted) return "stopped";
  const began = steps.some(({ outcome }) => outcome !== "denied" && outcome !== "not_begun");
  return began ? "failed" : "refused";
}
