import { splitList } from "./text_forms.ts";
import { classOf } from "./exit_status.ts";
import { exitStatus, type Task, type Tasks } from "./tasks.ts";

/** What `GET /nodes/{node}/tasks` filters by (FACTS §2.5). */
export interface TaskFilter {
  readonly vmid?: number | undefined;
  readonly typefilter?: string | undefined;
  readonly userfilter?: string | undefined;
  /** Epoch seconds, inclusive, on the start. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly statusfilter?: string | undefined;
  /** Leaves out what ended OK; warnings stay (OBSERVED 19). */
  readonly errors?: boolean | undefined;
  readonly source?: "archive" | "active" | "all" | undefined;
  readonly limit?: number | undefined;
  readonly start?: number | undefined;
}

/** Splits `user@realm!token`. */
export function splitUser(user: string): { user: string; tokenid?: string } {
  const at = user.indexOf("!");
  return at < 0 ? { user } : { user: user.slice(0, at), tokenid: user.slice(at + 1) };
}

/** Whether somebody without Sys.Audit may see the task: a token its own, a user its tokens' too. */
export function isOwner(task: { readonly user: string }, identity: string): boolean {
  return task.user === identity ||
    (!identity.includes("!") && splitUser(task.user).user === identity);
}

/**
 * The node's task list: active rows first, with status `RUNNING` and the user unsplit, then the
 * archive, latest ended first, with the token split off (FACTS §2.5, OBSERVED 19).
 */
export function taskRows(
  tasks: Tasks,
  filter: TaskFilter,
  isVisible: (task: Task) => boolean,
): { readonly rows: Record<string, unknown>[]; readonly total: number } {
  const { source = "archive", start = 0, limit = 50 } = filter;
  const visible = tasks.all().filter(isVisible);
  const active = visible.filter((task) => tasks.isListedAsRunning(task))
    .filter((task) => matches(filter, { ...task, status: "RUNNING" })).toReversed();
  const archived = visible.filter((task) => !tasks.isListedAsRunning(task))
    .filter((task) =>
      matches(filter, { ...task, ...splitUser(task.user), status: exitStatus(task) })
    )
    .toReversed().toSorted((a, b) => (b.ended ?? 0) - (a.ended ?? 0));
  const rows = [
    ...(source === "archive" ? [] : active.map(activeRow)),
    ...(source === "active" ? [] : archived.map(archiveRow)),
  ];
  return { rows: rows.slice(start, start + limit), total: rows.length };
}

function matches(
  filter: TaskFilter,
  row: {
    readonly id: string;
    readonly type: string;
    readonly user: string;
    readonly starttime: number;
    readonly status: string;
  },
): boolean {
  const { vmid, typefilter, userfilter, since, until, statusfilter, errors } = filter;
  if (vmid !== undefined && row.id !== String(vmid)) return false;
  if (typefilter !== undefined && row.type !== typefilter) return false;
  if (
    userfilter !== undefined && !row.user.toLowerCase().includes(userfilter.toLowerCase())
  ) return false;
  if (since !== undefined && row.starttime < since) return false;
  if (until !== undefined && row.starttime > until) return false;
  if (errors === true && row.status === "OK") return false;
  return statusfilter === undefined || splitList(statusfilter).includes(classOf(row.status));
}

function activeRow(task: Task): Record<string, unknown> {
  const { upid, node, pid, pstart, starttime, type, id, user } = task;
  return { upid, node, pid, pstart, starttime, type, id, user, status: "RUNNING", saved: "0" };
}

function archiveRow(task: Task): Record<string, unknown> {
  const { upid, node, pid, pstart, starttime, type, id } = task;
  return {
    upid,
    node,
    pid,
    pstart,
    starttime,
    type,
    id,
    ...splitUser(task.user),
    endtime: Math.floor((task.ended ?? 0) / 1000),
    status: exitStatus(task),
  };
}

/** `GET …/status`: `exitstatus` only when it is over (OBSERVED 17). */
export function taskStatus(task: Task): Record<string, unknown> {
  const { upid, node, pid, pstart, starttime, type, id } = task;
  const row = { upid, node, pid, pstart, starttime, type, id, ...splitUser(task.user) };
  return task.ended === undefined
    ? { ...row, status: "running" }
    : { ...row, status: "stopped", exitstatus: exitStatus(task) };
}

/** A row of `GET /cluster/tasks`, which tells less (captures get-cluster-tasks*). */
export function clusterTaskRow(task: Task): Record<string, unknown> {
  const { upid, node, pid, starttime, type, id } = task;
  const row = { upid, node, starttime, type, id, ...splitUser(task.user) };
  return task.ended === undefined ? { ...row, pid } : {
    ...row,
    saved: "1",
    endtime: Math.floor(task.ended / 1000),
    status: exitStatus(task),
  };
}

/** A page of a log: `start` counts from 0, `n` from 1, `limit=0` is all to the end (OBSERVED 18). */
export function logPage(
  log: readonly string[],
  options: { readonly start?: number | undefined; readonly limit?: number | undefined },
): { readonly lines: { n: number; t: string }[]; readonly total: number } {
  const { start = 0, limit = 50 } = options;
  if (log.length === 0) return { lines: [{ n: 1, t: "no content" }], total: 1 };
  const end = limit === 0 ? log.length : start + limit;
  const lines = log.slice(start, end).map((t, index) => ({ n: start + index + 1, t }));
  return { lines, total: log.length };
}
