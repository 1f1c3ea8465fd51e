import { FelhomError } from "../../errors.ts";
import type { Upid } from "../../proxmox/mod.ts";
import type { Work } from "../work.ts";

/**
 * Writes the id of an operation's task. That it cannot be written is no reason to lose sight of the
 * task: it is written with the outcome then, or found again after a crash.
 */
export function recordTask({ state, clock, log }: Work, operation: string, upid: Upid): void {
  try {
    state.operations.advance(operation, "task_running", { at: clock.now(), upid });
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    const { code, message } = error;
    log.error("a task's id cannot be written down", { operation, upid, code, message });
  }
}
