/**
 * How a task ended, from the last line of its log, which is where Proxmox takes it from
 * (FACTS §2.4). A log without a TASK line is a worker that was killed.
 */
export function exitStatusOf(log: readonly string[]): string {
  const match = /^TASK (?:(OK)|(WARNINGS: \d+)|ERROR: (.*))$/.exec(log.at(-1) ?? "");
  if (match === null) return "unexpected status";
  return match[1] ?? match[2] ?? match[3] ?? "unexpected status";
}

export type StatusClass = "ok" | "warning" | "error" | "unknown";

/** The class `statusfilter` goes by; a running task counts as unknown (FACTS §2.5). */
export function classOf(status: string): StatusClass {
  if (status === "OK") return "ok";
  if (/^WARNINGS: \d+$/.test(status)) return "warning";
  return status === "RUNNING" || status === "unexpected status" ? "unknown" : "error";
}
