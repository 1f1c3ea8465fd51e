import { parseUpid, type Upid } from "../../proxmox/mod.ts";
import type { Eyes, Story } from "./executor.ts";

/**
 * How long after work has ended a look still says how things were right then, seconds. What is seen
 * later, after a crash say, may be what somebody made of it since.
 */
export const RIGHT_AFTER_S = 60;

/** Whether this very process began the work, and so was there all the time. */
export function isBegunHere({ ending, sinceAtWorkMs = () => null }: Story): boolean {
  return ending.how === "answered" || sinceAtWorkMs() !== null;
}

/** Both of the node's times are cut to whole seconds. */
const CUT_S = 1;

/**
 * Whether a look that was made right before shows how things were as the work ended. By the monotonic
 * clock of the process that began it; else by the node's own times: its task's end, and now. A clock
 * that says that the task has yet to end proves nothing.
 *
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked
 */
export async function isRightAfter(
  { ending, sinceAtWorkMs = () => null }: Story,
  { reads }: Pick<Eyes, "reads">,
): Promise<boolean> {
  // Only the process that sent it hears an answer, and looks at once.
  if (ending.how === "answered") return true;
  const ago = sinceAtWorkMs();
  if (ago !== null && ago >= 0 && ago <= RIGHT_AFTER_S * 1000) return true;
  if (ending.how === "lost") return false;
  const ended = await endOf(ending.result.upid, { reads });
  const since = await reads.nodeTime() - ended;
  return since >= -CUT_S && since <= RIGHT_AFTER_S;
}

/**
 * When a task ended, by the node's clock, epoch seconds. While the list does not say so yet, when it
 * began: not later (FACTS §2.5).
 */
async function endOf(upid: Upid, { reads }: Pick<Eyes, "reads">): Promise<number> {
  const { starttime, type } = parseUpid(upid);
  const rows = await reads.tasks({ type, since: starttime });
  return rows.find((row) => row.upid === upid)?.endtime ?? starttime;
}
