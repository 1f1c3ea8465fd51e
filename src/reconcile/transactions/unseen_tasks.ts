import type { Work } from "../work.ts";

/**
 * Why nobody could know afterwards that only the agent used a guest, in a clause; null when the node's
 * list of tasks shows those of everybody. What a self-test makes is taken away unsigned by that.
 *
 * @throws {FelhomError} `proxmox.*` when the host cannot be asked
 */
export async function unseenTasks(
  { node, eyes: { reads } }: Pick<Work, "node" | "eyes">,
): Promise<string | null> {
  const path = `/nodes/${node}`;
  const held = await reads.permissions({ path });
  if (held[path]?.["Sys.Audit"] !== undefined) return null;
  return `the token may not see the tasks of others (Sys.Audit on ${path}), and could not prove ` +
    "afterwards that nobody uses it";
}

/** What an operator can do about it. */
export const SEE_TASKS = "felhom-agent permissions prints the pveum lines that grant it.";
