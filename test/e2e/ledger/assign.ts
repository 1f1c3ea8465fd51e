import type { RequestRow } from "../../sim/wire/mod.ts";
import type { Account } from "./account.ts";
import { callName } from "./call_name.ts";
import type { WorldTask } from "./world_view.ts";

/** Gives each mutating request to the operation that it was sent for. @returns what is wrong */
export function assignRequests(
  accounts: readonly Account[],
  requests: readonly Readonly<RequestRow>[],
  oneClock: boolean,
): string[] {
  return requests.flatMap((row) => {
    const name = callName(row);
    if (name === undefined || neverArrived(row)) return [];
    const possible = accounts.filter((account) =>
      mayMake(account, name) && (!oneClock || isUnderWay(account, row.time))
    );
    const [first] = possible;
    if (first === undefined) return [`Request "${name}" was sent for no operation under way`];
    const free = possible.find((account) => !account.requests.has(name));
    if (free === undefined) return [`${first.label} sent "${name}" twice`];
    free.requests.set(name, row);
    return [];
  });
}

/** Only with this status says pveproxy that pvedaemon never had it: it may be sent anew (FACTS §1.5). */
function neverArrived({ handlerRan, status }: Readonly<RequestRow>): boolean {
  return !handlerRan && status === 595;
}

/** An operation may abort the task that it began, and no other. */
function mayMake({ began, calls, entry: { transitions } }: Account, name: string): boolean {
  return began !== undefined &&
    (calls.guard === name || calls.work.some((work) => work.name === name) ||
      transitions.some(({ upid }) => name === `abort ${upid}`));
}

/** @param time epoch milliseconds */
function isUnderWay({ began = Infinity, ended }: Account, time: number): boolean {
  return began <= time && time <= ended;
}

/** Gives each task to the operation that names it, or else that can have started it. @returns what is wrong */
export function assignTasks(
  accounts: readonly Account[],
  tasks: readonly WorldTask[],
  oneClock: boolean,
): string[] {
  const mayBe = ({ calls }: Account, { type, id }: WorldTask) =>
    calls.work.some(({ task }) => task === `${type} ${id}`);
  const problems: string[] = [];
  const left = tasks.filter((task) => {
    const namer = accounts.find(({ entry: { operation, transitions } }) =>
      operation.upid === task.upid || transitions.some(({ upid }) => upid === task.upid)
    );
    namer?.tasks.push(task);
    if (namer !== undefined && !mayBe(namer, task)) {
      problems.push(`${namer.label} names ${task.upid}, which is none of its own`);
    }
    return namer === undefined;
  });
  for (const account of accounts) {
    const { upid } = account.entry.operation;
    if (upid !== null && !account.tasks.some((task) => task.upid === upid)) {
      problems.push(`${account.label} names ${upid}, which the host does not know`);
    }
  }
  for (const task of left) {
    const at = task.starttime * 1000;
    const possible = accounts.filter((account) =>
      account.began !== undefined && mayBe(account, task) &&
      account.tasks.length < account.calls.work.length &&
      // A task's start is cut to seconds.
      (!oneClock || (account.began - 1000 < at && at <= account.ended))
    );
    // Starts are told by seconds, so there may be two: it is whose request reached the host.
    const starter = possible.find((account) => hasReached(account, task)) ?? possible[0];
    if (starter === undefined) problems.push(`Task ${task.upid} was started for no operation`);
    else starter.tasks.push(task);
  }
  return problems;
}

/** Whether the request for a task was carried out by the host. */
function hasReached({ calls, requests }: Account, { type, id }: WorldTask): boolean {
  return calls.work.some(({ name, task }) =>
    task === `${type} ${id}` && requests.get(name)?.handlerRan === true
  );
}
