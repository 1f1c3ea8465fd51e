import { FelhomError } from "../errors.ts";
import { missingPrivilege } from "./privilege.ts";
import { classifyText } from "./text_class.ts";
import { parseUpid, type Upid } from "./upid.ts";
import type { ErrorCode } from "../errors.ts";

export interface TaskErrorDetails {
  readonly upid: Upid;
  /** How the task ended, in Proxmox's words; `undefined` when it is not known. */
  readonly exitstatus: string | undefined;
  /** The log's lines that begin with `WARN:`, as many as are kept. */
  readonly warnings: readonly string[];
  /** The log's last lines. */
  readonly tail: readonly string[];
}

/** A task ended with an error, or without saying how. */
export class TaskError extends FelhomError {
  override readonly name = "TaskError";
  readonly upid: Upid;
  readonly exitstatus: string | undefined;
  /** What kind of failure it was, as an answer with the same text would have been. */
  readonly reason: ErrorCode | undefined;
  /** The privilege that is missing, when that was it. */
  readonly privilege: string | undefined;
  /** The path on which it is missing. */
  readonly on: string | undefined;
  readonly warnings: readonly string[];
  readonly tail: readonly string[];

  constructor(code: "task.failed" | "task.unknown", details: TaskErrorDetails) {
    const { upid, exitstatus, warnings, tail } = details;
    const { type, id, node } = parseUpid(upid);
    const why = causeOf(exitstatus, tail);
    const said = why === undefined ? undefined : classifyText(withoutPrefix(why));
    super(
      code,
      `Cannot finish ${type}${id === "" ? "" : ` ${id}`} on ${node}: ${why ?? "it left no result"}`,
      {
        hint: type === "vzrollback"
          ? "Look before anything is cleared or repeated (pct config, pct listsnapshot, lvs): the " +
            "snapshot may be the only copy."
          : code === "task.unknown"
          ? "Read the guest again before anything is repeated: the task may have done its work, or " +
            "half of it."
          : said?.hint ?? `Read the task's log: ${upid}`,
      },
    );
    this.upid = upid;
    this.exitstatus = exitstatus;
    this.reason = said?.code;
    const missing = missingPrivilege(why ?? "");
    this.privilege = missing?.privilege;
    this.on = missing?.on;
    this.warnings = warnings;
    this.tail = tail;
  }
}

/** A task was still running when the limit passed. It goes on. */
export class TaskTimeoutError extends FelhomError {
  override readonly name = "TaskTimeoutError";
  readonly upid: Upid;

  constructor(upid: Upid, limitMs: number, cause?: unknown) {
    const { type, id, node } = parseUpid(upid);
    super(
      "task.timeout",
      `Cannot wait longer for ${type}${
        id === "" ? "" : ` ${id}`
      } on ${node}: still running after ` +
        `${limitMs} ms`,
      { hint: `The task goes on; look at it again: ${upid}`, cause },
    );
    this.upid = upid;
  }
}

/** vzdump says no more than "job errors"; its reason is in the log alone (FACTS §4). */
function causeOf(exitstatus: string | undefined, tail: readonly string[]): string | undefined {
  if (exitstatus !== "job errors") return exitstatus;
  const reasons = tail.filter((line) => line.startsWith("ERROR: "));
  return reasons.length === 0 ? exitstatus : reasons.map((line) => line.slice(7)).join("; ");
}

/** What a create or restore puts before the reason. */
function withoutPrefix(text: string): string {
  return text.replace(/^unable to (?:create|restore) CT \d+ - /, "");
}
