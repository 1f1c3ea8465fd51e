import { FelhomError } from "../../errors.ts";
import { type TaskPace, type TaskResult, type Upid, waitTask } from "../../proxmox/mod.ts";
import type { Work } from "../work.ts";

/** What a task has come to. */
export type Followed =
  | { readonly kind: "ended"; readonly result: TaskResult }
  | { readonly kind: "running" };

/**
 * Looks at a task, and waits for its end.
 *
 * @param options.wait whether to wait for one that runs
 * @param options.onRunning called whenever it was seen to run
 * @param options.pace when to look for the first time, where it was started this moment
 * @throws {FelhomError} `task.timeout`, `proxmox.*`: its end is not known, and it may run on
 */
export async function followTask(
  { eyes: { reads }, clock }: Pick<Work, "eyes" | "clock">,
  upid: Upid,
  { wait, limitMs, signal, pace, onRunning }: {
    readonly wait: boolean;
    readonly limitMs: number;
    readonly signal: AbortSignal;
    readonly pace?: TaskPace;
    readonly onRunning?: () => void;
  },
): Promise<Followed> {
  if (!wait && await isRunning({ reads, upid, signal })) return { kind: "running" };
  const result = await waitTask(reads, upid, { clock, limitMs, pace, signal, onRunning });
  return { kind: "ended", result };
}

async function isRunning(
  { reads, upid, signal }: {
    readonly reads: Work["eyes"]["reads"];
    readonly upid: Upid;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  try {
    return (await reads.taskStatus(upid, { signal })).status === "running";
  } catch (error) {
    // A node that does not know it any more says so to who waits as well, and it is an end there.
    if (error instanceof FelhomError && error.code === "proxmox.missing") return false;
    throw error;
  }
}
