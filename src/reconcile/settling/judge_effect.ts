import type { Effect } from "../executors/executor.ts";

/** What is known of the work itself, before its effect is looked at. */
export type Known =
  /** Its task ended well, or it was answered and has no task. */
  | "ended_well"
  /** Its task ended with an error. */
  | "task_failed"
  /** Its task ended, and nobody can say how. */
  | "task_unclear"
  /** Whether it arrived nobody knows; no task of it is to be found, and none can come any more. */
  | "no_task"
  /** There are several tasks that it may have started. */
  | "several_tasks";

/** How an operation ends. */
export type Verdict = "succeeded" | "failed" | "unknown";

/** What is known, by what is seen. */
const VERDICTS = {
  ended_well: { done: "succeeded", nothing: "failed", other: "failed" },
  // What was asked for is so, whoever did it: an executor for which that counts sees it itself.
  task_failed: { done: "succeeded", nothing: "failed", other: "failed" },
  task_unclear: { done: "succeeded", nothing: "failed", other: "unknown" },
  no_task: { done: "succeeded", nothing: "failed", other: "unknown" },
  // One of them may be at work yet: that nothing is seen of it proves nothing.
  several_tasks: { done: "succeeded", nothing: "unknown", other: "unknown" },
} as const satisfies Record<Known, Record<Effect["seen"], Verdict>>;

/** How an operation ends, by what is known of its work and what is seen of it. Pure, and total. */
export function judgeEffect(known: Known, seen: Effect["seen"]): Verdict {
  return VERDICTS[known][seen];
}
