import type { Deadline } from "./orders.ts";

/** What a daemon that is killed leaves to the one that takes over. */
export type LeftBehind =
  /** No operation, or all have ended. */
  | "nothing"
  /** One that was not begun, or whose task is known or is found at once: its answer had come. */
  | "work"
  /** One that was begun, and no task tells of it: what may still be on its way is waited for. */
  | "doubt";

/** @param commits what each commit of the story writes, as `operation to started, transition` */
export function leftBehind(commits: readonly string[], { commit, side }: Deadline): LeftBehind {
  const made = commits.slice(0, side === "after" ? commit : commit - 1);
  const steps = made.flatMap((writes) => writes.split(", "))
    .filter((write) => /^operation(?: to \w+)?$/.test(write));
  switch (steps.at(-1)) {
    case "operation":
    case "operation to task_running":
      return "work";
    case "operation to started": {
      const next = side === "before" ? commits[commit - 1] : undefined;
      return next?.includes("operation to task_running") === true ? "work" : "doubt";
    }
    default:
      return "nothing";
  }
}
