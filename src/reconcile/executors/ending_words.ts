import type { Ending } from "./executor.ts";

/** Whether a task ended in a way that its kind calls success; a warning is none of failure. */
export function endedWell(ending: Ending): boolean {
  return ending.how === "task" &&
    (ending.result.outcome === "ok" || ending.result.outcome === "warnings");
}

/** Why something may be as it is, in one sentence: how the work ended. */
export function howItEnded(ending: Ending): string {
  switch (ending.how) {
    case "answered":
      return "the call was answered";
    case "lost":
      return "no task of it is to be found";
    case "task":
      return "error" in ending.result ? ending.result.error.message : "its task ended well";
    default:
      return ending satisfies never;
  }
}
