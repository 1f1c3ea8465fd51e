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

/** The user of a token, `user@realm`, of `user@realm!name`. */
export function userOf(tokenId: string): string {
  return tokenId.split("!")[0] ?? tokenId;
}

/**
 * Lists the tasks of all tokens of these users, page by page: however many those of others are, they
 * are not among them. A token that was made anew has another name, and what the agent did by the one
 * before is its own all the same. A task that ends or begins meanwhile moves others to a later page:
 * what comes twice counts once.
 *
 * @param users `user@realm`: the agent's, and those that it had before
 * @throws {FelhomError} `proxmox.*` when the node cannot be asked
 */
export async function listOwn(
  reads: Pick<Reads, "tasks">,
  users: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ListedTasks> {
  const own = new Map<string, OwnTask>();
  let whole = true;
  for (const user of users) {
    const listed = await listOf(reads, user, signal);
    for (const task of listed.tasks) own.set(task.upid, task);
    whole &&= listed.whole;
  }
  return { tasks: [...own.values()], whole };
}

/** Those of one user's tokens. What the user does by hand, without a token, is none of them. */
async function listOf(
  reads: Pick<Reads, "tasks">,
  user: string,
  signal: AbortSignal,
): Promise<ListedTasks> {
  const tasks: OwnTask[] = [];
  for (let page = 0; page < PAGES; page++) {
    const rows = await reads.tasks({ user, start: page * PAGE, limit: PAGE, signal });
    for (const { upid } of rows) {
      const task = { upid, ...parseUpid(upid) };
      if (task.user.startsWith(`${user}!`)) tasks.push(task);
    }
    if (rows.length < PAGE) return { tasks, whole: true };
  }
  return { tasks, whole: false };
}
