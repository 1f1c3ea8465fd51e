import { FelhomError } from "../../errors.ts";
import { type TaskResult, type Upid, waitTask } from "../../proxmox/mod.ts";
import type { Work } from "../work.ts";

/** What a task has come to. */
export type Followed =
  | { readonly kind: "ended"; readonly result: TaskResult }
  | { readonly kind: "running" };

/**
 * Looks at a task, and waits for its end.
 *
 * @param options.wait whether to wait for one that runs; "just_started" when it began this moment
 * @throws {FelhomError} `task.timeout`, `proxmox.*`: its end is not known, and it may run on
 */
export async function followTask(
  { eyes: { reads }, clock }: Pick<Work, "eyes" | "clock">,
  upid: Upid,
  { wait, limitMs, signal }: {
    readonly wait: boolean | "just_started";
    readonly limitMs: number;
    readonly signal: AbortSignal;
  },
): Promise<Followed> {
  if (wait === false && await isRunning({ reads, upid, signal })) return { kind: "running" };
  const justStarted = wait === "just_started";
  const result = await waitTask(reads, upid, { clock, limitMs, justStarted, signal });
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
