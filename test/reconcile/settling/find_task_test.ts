import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { parseUpid, type Reads } from "../../../src/proxmox/mod.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import { boundExecutor } from "../../../src/reconcile/settling/bound_executor.ts";
import { Departures } from "../../../src/reconcile/settling/departures.ts";
import { findTask } from "../../../src/reconcile/settling/find_task.ts";
import { openWork } from "../support/open_work.ts";

const START: Action = { kind: "guest.start", guest: 230, params: {} };

interface Search {
  /** The node's clock as the operation began, seconds after the task's start; null of no node. */
  readonly began: number | null;
  /** The node's clock now, seconds after the task's start. */
  readonly now: number;
  /** How long this process runs, seconds. */
  readonly age: number;
  /** Since when the operation is under way, seconds; null when an earlier process began it. */
  readonly elapsed: number | null;
  /** How many looks do not show the task yet. @default 0 */
  readonly hidden?: number;
}

/** What is found of a task of the agent's that its journal does not know. */
async function search({ began, now, age, elapsed, hidden = 0 }: Search): Promise<string> {
  await using other = await openWork();
  await carryOutStep(other.work, {
    ...{ action: START, origin: "job", source: "control socket", reference: "1" },
    ...{ why: "Somebody asks", within: null },
  }, new AbortController().signal);
  await using open = await openWork({ on: other.simulator });
  const { work } = open;
  const [task] = await work.eyes.reads.tasks({ type: "vzstart", limit: 1 });
  assert(task !== undefined);
  const { starttime } = parseUpid(task.upid);

  let monotonic = 0;
  const departures = new Departures({ monotonic: () => monotonic });
  const note = age - (elapsed ?? 0);
  monotonic = note * 1000;
  if (elapsed !== null) departures.note("lost");
  monotonic = age * 1000;
  const clock = {
    ...work.clock,
    monotonic: () => monotonic,
    sleep: (ms: number) => {
      monotonic += ms;
      return Promise.resolve();
    },
  };
  let looks = 0;
  const reads: Reads = {
    ...work.eyes.reads,
    nodeTime: () => Promise.resolve(starttime + now + Math.floor(monotonic / 1000 - age)),
    tasks: (options) => looks++ < hidden ? Promise.resolve([]) : work.eyes.reads.tasks(options),
  };
  const at = work.clock.now();
  work.state.operations.authorise({
    ...{ id: "lost", transaction: null, vmid: 230, action: START, at },
    ...{ origin: "job", evidence: {} },
  });
  const operation = work.state.operations.get("lost");
  assert(operation !== undefined);
  const started = { before: null, nodeTime: began === null ? null : starttime + began, at };
  const found = await findTask(
    { ...work, clock, departures, eyes: { ...work.eyes, reads } },
    operation,
    { executor: boundExecutor(START), started, signal: new AbortController().signal },
  );
  return found.found;
}

const SEARCHES: readonly (readonly [string, Search, string])[] = [
  ["is found that began right after it", { began: -1, now: 5, age: 99, elapsed: 6 }, "one"],
  ["is found that shows late", { began: -1, now: 5, age: 99, elapsed: 6, hidden: 5 }, "one"],
  ["is not found that began before it", { began: 10, now: 20, age: 99, elapsed: 9 }, "none"],
  [
    "is not found for an operation that asked no node",
    { began: null, now: 5, age: 99, elapsed: 6 },
    "none",
  ],
  [
    "is found though the node's clock was set back meanwhile",
    { began: 3600, now: 20, age: 99, elapsed: 25 },
    "one",
  ],
  [
    "is not found that began before it, though the node's clock was set back meanwhile",
    { began: 3600, now: 100, age: 999, elapsed: 10 },
    "none",
  ],
  [
    "is found for an operation of an earlier process, though the node's clock was set back",
    { began: 3600, now: 20, age: 25, elapsed: null },
    "one",
  ],
];

for (const [what, given, expected] of SEARCHES) {
  Deno.test(`a task ${what}`, async () => assertEquals(await search(given), expected));
}
