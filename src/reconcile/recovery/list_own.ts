import type { OwnTask } from "../../authz/mod.ts";
import { parseUpid, type Reads } from "../../proxmox/mod.ts";

/** Rows of one answer. */
const PAGE = 1_000;
/** Answers that are read. A node keeps about 2,000 tasks of everybody (FACTS §2.5). */
const PAGES = 10;

/** The agent's own tasks, as far as the node lists them. */
export interface ListedTasks {
  readonly tasks: readonly OwnTask[];
  /** Whether these are all: the list has come to its end. */
  readonly whole: boolean;
}

/**
 * Lists the tasks of one token, page by page: however many those of others are, they are not among
 * them. The node looks for the user alone, since it tells the token apart in running rows only
 * (FACTS §2.5); a task's id names it in full. A task that ends or begins meanwhile moves others to a
 * later page: what comes twice counts once.
 *
 * @param tokenId `user@realm!name`
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked
 */
export async function listOwn(
  reads: Pick<Reads, "tasks">,
  tokenId: string,
  signal: AbortSignal,
): Promise<ListedTasks> {
  const [user] = tokenId.split("!");
  const own = new Map<string, OwnTask>();
  for (let page = 0; page < PAGES; page++) {
    const rows = await reads.tasks({
      user: user ?? tokenId,
      start: page * PAGE,
      limit: PAGE,
      signal,
    });
    for (const { upid } of rows) {
      const task = { upid, ...parseUpid(upid) };
      if (task.user === tokenId) own.set(upid, task);
    }
    if (rows.length < PAGE) return { tasks: [...own.values()], whole: true };
  }
  return { tasks: [...own.values()], whole: false };
}
