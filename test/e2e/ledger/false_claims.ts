import { entryOf } from "../../../src/action/mod.ts";
import type { Account } from "./account.ts";
import type { Books, HelperRun } from "./books.ts";
import { effectStands } from "./effect_stands.ts";

/** The books, with all accounts in the order of their operations. */
interface AllBooks extends Books {
  readonly accounts: readonly Account[];
}

/** What is false of what the journal says of one operation. */
export function falseClaims(account: Account, books: AllBooks): string[] {
  const { label, entry: { operation }, requests, tasks } = account;
  const says = (what: string) => [`${label} is said to have ${operation.state}, but ${what}`];
  const unfinished = tasks.filter(({ status }) => status === "RUNNING");
  switch (operation.state) {
    case "authorised":
    case "started":
    case "task_running":
      return [`${label} was left ${operation.state}`];
    case "unknown":
      return repeatedHelper(account, books);
    case "abandoned":
      return requests.size + tasks.length + runsOf(account, books).length > 0
        ? [`${label} was abandoned, though it was sent`]
        : [];
    case "succeeded":
      if (unfinished.length > 0) return says(`${unfinished[0]?.upid} still runs`);
      return [...repeatedHelper(account, books), ...whatFailed(account, books).flatMap(says)];
    case "failed":
      if (unfinished.length > 0) return says(`${unfinished[0]?.upid} still runs`);
      return [...repeatedHelper(account, books), ...whatSucceeded(account, books).flatMap(says)];
    default:
      return operation.state satisfies never;
  }
}

function runsOf({ entry }: Account, { helperRuns = [] }: Books): readonly HelperRun[] {
  return helperRuns.filter(({ operation }) => operation === entry.operation.id);
}

function repeatedHelper(account: Account, books: Books): string[] {
  const runs = runsOf(account, books).length;
  return runs > 1 ? [`${account.label} ran the helper ${runs} times`] : [];
}

/** Why an operation cannot have succeeded. */
function whatFailed(account: Account, books: Books): string[] {
  const { action, calls, requests, tasks } = account;
  const { route } = entryOf(action.kind);
  if (route === "helper") {
    const runs = runsOf(account, books);
    if (runs.length === 0) return ["the helper was never asked"];
    return runs.every(({ ok }) => ok === false) ? ["the helper said that it failed"] : [];
  }
  const unsent = calls.work.filter(({ name, task }) =>
    !requests.has(name) && !tasks.some(({ type, id }) => task === `${type} ${id}`)
  );
  if (unsent.length > 0) return unsent.map(({ name }) => `"${name}" was never sent`);
  if (effectStands(action, books.world) === true) return [];
  // "unexpected status" and an error alike: what it had done may have been undone since, but then
  // a task that went well says that it was done.
  const bad = tasks.filter(({ status }) => !wentWell(status) && status !== "unexpected status");
  const refused = [...requests].filter(([, { handlerRan }]) => !handlerRan);
  return [
    ...bad.map(({ upid, status }) => `${upid} ended with "${status}"`),
    ...refused.map(([name]) => `"${name}" was never let through`),
  ];
}

/** Why an operation cannot have failed. */
function whatSucceeded(account: Account, books: AllBooks): string[] {
  const { action, calls, requests, tasks } = account;
  if (runsOf(account, books).some(({ ok }) => ok === true)) {
    return ["the helper said that it is done"];
  }
  const stands = effectStands(action, books.world);
  const done = calls.work.length > 0 &&
    calls.work.every(({ task }) =>
      tasks.some(({ type, id, status }) => task === `${type} ${id}` && wentWell(status))
    );
  if (done && stands !== false) return tasks.map(({ upid }) => `${upid} went well`);
  const isSync = calls.work.some(({ name, task }) =>
    task === null && requests.get(name)?.handlerRan
  );
  if (!isSync || stands !== true || wasDoneLater(account, books.accounts)) return [];
  return ["what it asked for is there"];
}

/** Whether a later operation on the guest can have brought about what this one did not. */
function wasDoneLater(account: Account, accounts: readonly Account[]): boolean {
  return accounts.slice(accounts.indexOf(account) + 1).some(({ action, entry: { operation } }) =>
    action.guest === account.action.guest && operation.state === "succeeded"
  );
}

function wentWell(status: string): boolean {
  return status === "OK" || /^WARNINGS: \d+$/.test(status);
}
