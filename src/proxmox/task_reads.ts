import { parseData } from "./schema/parse_data.ts";
import { target } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { logSchema, type TaskStatus, taskStatusSchema } from "./schema/task.ts";
import type { CallOptions, Transport } from "./transport.ts";
import { parseUpid, type Upid } from "./upid.ts";

/** A stretch of a task's log. */
export interface TaskLog {
  readonly lines: readonly string[];
  /** How many lines there are so far. */
  readonly total: number;
}

export interface TaskLogOptions extends CallOptions {
  /** First line, from 0. @default 0 */
  readonly start?: number;
  /** How many lines; 0 is all to the end. @default 0 */
  readonly limit?: number;
}

/** Reads about one task. The node is the one that the task's id names. */
export interface TaskReads {
  /** @throws {ApiError} `proxmox.missing` when the node does not know the task (any more) */
  taskStatus(upid: Upid, options?: CallOptions): Promise<TaskStatus>;
  /** The log, to its end unless asked otherwise. */
  taskLog(upid: Upid, options?: TaskLogOptions): Promise<TaskLog>;
}

/** The reads about tasks. */
export function createTaskReads(transport: Transport): TaskReads {
  return {
    async taskStatus(upid, options) {
      const { node } = parseUpid(upid);
      const { data } = await transport.get(target(ROUTES.taskStatus, { node, upid }), options);
      return parseData(taskStatusSchema, data, `the status of task ${upid}`);
    },

    async taskLog(upid, options = {}) {
      const { start = 0, limit = 0 } = options;
      const { node } = parseUpid(upid);
      const { data, total } = await transport.get(
        target(ROUTES.taskLog, { node, upid }),
        { ...options, query: { start, limit } },
      );
      const rows = parseData(logSchema, data, `the log of task ${upid}`);
      // Two rows that are no lines of the log (FACTS §2.4).
      const [only] = rows;
      const empty = rows.length === 1 &&
        (only?.t === "no content" || only?.t.startsWith("unable to open file") === true);
      const lines = empty ? [] : rows.map((row) => row.t);
      return { lines, total: empty ? start : total ?? start + lines.length };
    },
  };
}
