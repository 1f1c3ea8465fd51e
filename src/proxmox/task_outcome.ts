/** How a task ended. */
export type TaskOutcome =
  | "ok"
  /** It did its work and complained; what that means depends on the kind of task. */
  | "warnings"
  | "error"
  /** Nobody can say: killed, the node went down, the log is gone. Look at what it worked on. */
  | "unknown";

/** What an exit status means (FACTS §2.4). */
export function taskOutcome(exitstatus: string | undefined): TaskOutcome {
  if (exitstatus === "OK") return "ok";
  if (exitstatus === undefined || exitstatus.trim() === "") return "unknown";
  if (/^WARNINGS: \d+$/.test(exitstatus)) return "warnings";
  if (exitstatus === "unexpected status") return "unknown";
  return exitstatus.startsWith("unable to get last line from task log") ? "unknown" : "error";
}
