import { assertEquals } from "@std/assert";
import { leftBehind } from "./left_behind.ts";

const ASYNC = [
  "audit",
  "agent_transaction, operation, transition",
  "operation to started, transition, snapshot_made",
  "operation to task_running, transition",
  "operation to succeeded, transition",
];
const SYNC = ASYNC.filter((writes) => !writes.includes("task_running"));
const MARKS = { nothing: ".", work: "w", doubt: "d" };

/** A pair of letters for each commit, before and after it. */
const left = (commits: readonly string[]) =>
  commits.map((_, index) =>
    (["before", "after"] as const)
      .map((side) => MARKS[leftBehind(commits, { commit: index + 1, side })]).join("")
  ).join(" ");

Deno.test("What is begun and has no task is in doubt, what has one or was not begun is work", () => {
  assertEquals(left(ASYNC), ".. .w wd ww w.");
  assertEquals(left(SYNC), ".. .w wd d.");
  assertEquals(left([...SYNC, ...ASYNC]), ".. .w wd d. .. .w wd ww w.");
});
