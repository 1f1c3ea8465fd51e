import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import { isPassing } from "./back_off.ts";
import { LogDigest } from "./log_digest.ts";
import { plainText } from "./plain_text.ts";
import { TaskError, TaskTimeoutError } from "./task_error.ts";
import { taskOutcome } from "./task_outcome.ts";
import type { TaskPace } from "./task_pace.ts";
import type { TaskReads } from "./task_reads.ts";
import type { CallOptions } from "./transport.ts";
import { parseUpid, type Upid } from "./upid.ts";

/** A status call is proxied and blocks one of three workers (FACTS §7.3). */
const FASTEST_POLL_MS = 1_000;
const SLOWEST_POLL_MS = 5_000;
/** How long one look may take: a little longer than pveproxy waits for pvedaemon. */
const LOOK_LIMIT_MS = 35_000;
/** Lines that are asked for at once. */
const LOG_PAGE = 2_000;

interface Ended {
  readonly upid: Upid;
  /** In Proxmox's words; `undefined` when the node does not know the task any more. */
  readonly exitstatus: string | undefined;
  /** The log's lines that begin with `WARN:`, without that. */
  readonly warnings: readonly string[];
  /** The log's last lines; empty after a plain success. */
  readonly tail: readonly string[];
}

/** How a task ended. What a warning means is the caller's to decide, by the kind of task. */
export type TaskResult =
  | (Ended & { readonly outcome: "ok" | "warnings" })
  | (Ended & { readonly outcome: "error" | "unknown"; readonly error: TaskError });

export interface WaitTaskOptions {
  readonly clock: Clock;
  /** How long to wait in all, in milliseconds. */
  readonly limitMs: number;
  /**
   * For a task that was started this moment: when to look for the first time, by others of its kind.
   *
   * @default it is looked at at once
   */
  readonly pace?: TaskPace | undefined;
  /** Gives up waiting; the task goes on. */
  readonly signal?: AbortSignal;
  /** Called whenever it was seen to run. */
  readonly onRunning?: (() => void) | undefined;
  /** Gets each new stretch of the log. @default the log is read after a failure or warning only */
  readonly onLog?: (lines: readonly string[]) => void;
}

/**
 * Waits for a task to end. It goes on looking when the server or the way to it fails for a while,
 * since the task does not care. It looks at once, unless it knows better, and then not
 * oftener than each second, more seldom the longer it takes.
 *
 * @throws {TaskTimeoutError} when the limit passes; the task goes on
 * @throws {FelhomError} `proxmox.aborted` when the signal is aborted; the task goes on
 * @throws {ApiError | TransportError} what does not pass by itself: a revoked token, a new certificate
 */
export async function waitTask(
  reads: TaskReads,
  upid: Upid,
  options: WaitTaskOptions,
): Promise<TaskResult> {
  const { clock, limitMs, pace, signal } = options;
  const { type } = parseUpid(upid);
  const start = clock.monotonic();
  const digest = new LogDigest();
  if (pace !== undefined) {
    await pause(clock, Math.min(pace.firstLookMs(type), limitMs), { upid, signal });
  }
  for (;;) {
    const lookedAfter = clock.monotonic() - start;
    const left = limitMs - lookedAfter;
    const seen = await look(reads, upid, { ...options, limitMs: Math.min(left, LOOK_LIMIT_MS) });
    if (seen.kind === "ended") {
      pace?.ended(type, lookedAfter);
      return await conclude(reads, seen, digest, options);
    }
    const over = limitMs - (clock.monotonic() - start);
    if (seen.kind === "running") options.onRunning?.();
    if (seen.kind === "running" && options.onLog !== undefined && over > 0) {
      await follow(reads, upid, digest, { ...options, limitMs: Math.min(over, LOOK_LIMIT_MS) });
    }
    const spent = clock.monotonic() - start;
    await pause(clock, Math.min(pollDelay(spent), limitMs - spent), { upid, signal });
    if (clock.monotonic() - start >= limitMs) {
      throw new TaskTimeoutError(upid, limitMs, seen.kind === "away" ? seen.error : undefined);
    }
  }
}

/**
 * How long to wait before the next look, in milliseconds: a tenth of the time spent so far, within
 * bounds.
 */
export function pollDelay(spentMs: number): number {
  return Math.min(SLOWEST_POLL_MS, Math.max(FASTEST_POLL_MS, spentMs / 10));
}

type Seen =
  | { readonly kind: "running" }
  | { readonly kind: "ended"; readonly upid: Upid; readonly exitstatus: string | undefined }
  /** The server or the way to it fails; the task may run on. */
  | { readonly kind: "away"; readonly error: FelhomError };

async function look(
  reads: TaskReads,
  upid: Upid,
  { limitMs, signal }: Pick<WaitTaskOptions, "limitMs" | "signal">,
): Promise<Seen> {
  try {
    const status = await reads.taskStatus(upid, callOptions(limitMs, signal));
    if (status.status === "running") return { kind: "running" };
    const { exitstatus } = status;
    return {
      kind: "ended",
      upid,
      exitstatus: exitstatus === undefined ? undefined : plainText(exitstatus),
    };
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    if (error.code === "proxmox.aborted") throw gaveUp(upid, error);
    // The log was pruned, or the node was set up anew.
    if (error.code === "proxmox.missing") return { kind: "ended", upid, exitstatus: undefined };
    if (isPassing(error) || error.code === "proxmox.timeout") return { kind: "away", error };
    throw error;
  }
}

/** Hands on the log's lines that are new. */
async function follow(
  reads: TaskReads,
  upid: Upid,
  digest: LogDigest,
  { limitMs, signal, onLog }: Pick<WaitTaskOptions, "limitMs" | "signal" | "onLog">,
): Promise<void> {
  for (;;) {
    const start = digest.seen;
    let lines: readonly string[];
    try {
      ({ lines } = await reads.taskLog(upid, {
        ...callOptions(limitMs, signal),
        start,
        limit: LOG_PAGE,
      }));
    } catch (error) {
      // The outcome is what counts; a log that cannot be read must not hide it.
      if (error instanceof FelhomError && error.code !== "proxmox.aborted") return;
      throw error instanceof FelhomError ? gaveUp(upid, error) : error;
    }
    if (lines.length === 0) return;
    const plain = digest.add(lines);
    onLog?.(plain);
    if (lines.length < LOG_PAGE) return;
  }
}

async function conclude(
  reads: TaskReads,
  { upid, exitstatus }: Extract<Seen, { kind: "ended" }>,
  digest: LogDigest,
  options: WaitTaskOptions,
): Promise<TaskResult> {
  const outcome = taskOutcome(exitstatus);
  if (outcome !== "ok" || options.onLog !== undefined) {
    // The end is known: its log is worth a look of its own, whatever is left of the limit.
    await follow(reads, upid, digest, { ...options, limitMs: LOOK_LIMIT_MS });
  }
  const { warnings, tail } = digest;
  const ended: Ended = { upid, exitstatus, warnings, tail };
  if (outcome === "ok" || outcome === "warnings") return { ...ended, outcome };
  const code = outcome === "error" ? "task.failed" : "task.unknown";
  return { ...ended, outcome, error: new TaskError(code, ended) };
}

async function pause(
  clock: Clock,
  ms: number,
  { upid, signal }: { readonly upid: Upid; readonly signal: AbortSignal | undefined },
): Promise<void> {
  try {
    await clock.sleep(Math.max(0, ms), signal);
  } catch (reason) {
    throw gaveUp(upid, reason);
  }
}

function gaveUp(upid: Upid, cause: unknown): FelhomError {
  return new FelhomError("proxmox.aborted", `Cannot wait longer for ${upid}: the caller gave up`, {
    hint: "The task goes on; look at it again, or abort it.",
    cause,
  });
}

function callOptions(limitMs: number, signal: AbortSignal | undefined): CallOptions {
  return { limitMs, ...(signal === undefined ? {} : { signal }) };
}
