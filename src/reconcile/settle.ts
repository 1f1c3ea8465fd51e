import { readAction } from "../action/mod.ts";
import { type ErrorCode, FelhomError } from "../errors.ts";
import { isUpid, type Upid } from "../proxmox/mod.ts";
import type { Operation } from "../state/mod.ts";
import type { Outcome } from "./outcome.ts";
import { type BoundExecutor, boundExecutor } from "./settling/bound_executor.ts";
import { conclude, concludeAs, undecided } from "./settling/conclude.ts";
import { findTask } from "./settling/find_task.ts";
import { followTask } from "./settling/follow_task.ts";
import { recordTask } from "./settling/record_task.ts";
import { readStarted, type Started } from "./settling/started_detail.ts";
import type { Work } from "./work.ts";

export interface SettleOptions {
  /**
   * Whether a task that runs is waited for. How long a call may be on its way yet is waited for in
   * any case: before that, nothing is known.
   */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  /** Of the error that its answer was lost with. */
  readonly code?: ErrorCode;
}

/**
 * Finds out what became of an operation that was begun: by its task, or by looking for that, or by
 * its effect alone. The same after a crash and after a lost answer. What cannot be decided ends
 * `unknown`, is shown, and is never repeated. When Proxmox cannot be asked, nothing is decided.
 *
 * @param operation `started` or `task_running`
 * @throws {FelhomError} `state.damaged`, `state.unusable`; what is no {@linkcode FelhomError}
 */
export async function settle(
  work: Work,
  operation: Operation,
  { wait, signal, code }: SettleOptions,
): Promise<Outcome> {
  const { id } = operation;
  const unknown = (why: string) =>
    concludeAs(work, operation, { kind: "unknown", operation: id, why });
  const read = readAction(operation.action);
  if (!read.ok) return unknown(`The journal's action cannot be read: ${read.message}`);
  const started = readStarted(work.state, id);
  if (started === null) return unknown("What the journal kept as it began cannot be read");
  const executor = boundExecutor(read.action);
  try {
    const { before } = started;
    const found = await taskOf(work, operation, { executor, started, signal });
    if (found === "none" || found === "several") {
      const several = found === "several";
      const coded = code === undefined ? {} : { code };
      const end = { before, ending: { how: "lost" }, several, ...coded } as const;
      return await conclude(work, operation, { executor, end });
    }
    const { limitMs } = executor;
    const onRunning = () => work.departures.atWork(id);
    const followed = await followTask(work, found, { wait, limitMs, signal, onRunning });
    if (followed.kind === "running") {
      return { kind: "running", operation: id, why: `Its task runs on: ${found}` };
    }
    const end = { before, ending: { how: "task", result: followed.result } } as const;
    return await conclude(work, operation, { executor, end });
  } catch (error) {
    if (signal.aborted && !(error instanceof FelhomError)) {
      return { kind: "running", operation: id, why: "It was not waited for any longer" };
    }
    return undecided(work, id, error);
  }
}

/** The task of an operation: the journal's, or the one that is found now, and then the journal's. */
async function taskOf(
  work: Work,
  operation: Operation,
  options: {
    readonly executor: BoundExecutor;
    readonly started: Started;
    readonly signal: AbortSignal;
  },
): Promise<Upid | "none" | "several"> {
  if (isUpid(operation.upid)) return operation.upid;
  const found = await findTask(work, operation, options);
  if (found.found !== "one") return found.found;
  recordTask(work, operation.id, found.upid);
  return found.upid;
}
