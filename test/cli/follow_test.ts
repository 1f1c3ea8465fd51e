import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../src/clock.ts";
import { askDaemon } from "../../src/control/client.ts";
import type { ControlHandlers } from "../../src/control/server.ts";
import type { Ask } from "../../src/cli/daemon_link.ts";
import {
  followConvergence,
  followOperation,
  type FollowOptions,
  followTransaction,
} from "../../src/cli/follow.ts";
import { FelhomError } from "../../src/errors.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { withControl } from "../control/support/control_host.ts";
import { story } from "./support/story.ts";

/** Someone who waits: his clock is moved on as often as he sleeps on it. */
async function follow<T>(
  handlers: Partial<ControlHandlers>,
  work: (ask: Ask, options: FollowOptions, stop: () => void) => Promise<T>,
): Promise<{ readonly result: T; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const told = new AbortController();
  const clock = new FakeClock();
  let result: { readonly value: T } | undefined;
  await withControl(handlers, async ({ path }) => {
    const ask: Ask = async (question, schema) => schema.parse(await askDaemon(path, question));
    const options = { clock, signal: told.signal, say: (line: string) => void lines.push(line) };
    let over = false;
    const moving = (async () => {
      while (!over) {
        await systemClock.sleep(0);
        if (clock.sleeping > 0) await clock.advance(500);
      }
    })();
    try {
      result = { value: await work(ask, options, () => told.abort()) };
    } finally {
      over = true;
      await moving;
    }
  });
  if (result === undefined) throw new Error("It did not end");
  return { result: result.value, lines };
}

/** Gives one answer after the other, and the last one for good. */
function inTurn<T>(...answers: readonly T[]): () => T | undefined {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)];
}

Deno.test("An operation is followed to its end, each transition told once", async () => {
  const operation = inTurn(
    story(["authorised"]),
    story(["authorised"]),
    story(["authorised", "started", "task_running"]),
    story(["authorised", "started", "task_running", "failed"], "CT is locked (backup)"),
  );
  const { result, lines } = await follow(
    { operation },
    (ask, options) => followOperation(ask, "o1", options),
  );
  assertEquals([result?.state, result?.said], ["failed", "CT is locked (backup)"]);
  assertEquals(lines.map((line) => line.replace(/^\S+ /, "")), [
    "guest.start: authorised",
    "guest.start: started",
    "guest.start: task running (UPID:x)",
    "guest.start: failed",
  ]);
});

Deno.test("A transaction is followed to its end, each step as it changes", async () => {
  const step = (operation: string, state: string, compensates: string | null = null) => ({
    operation,
    kind: `guest.${operation}`,
    state,
    compensates,
    why: null,
  });
  const report = { id: "t1", vmid: 101, outcome: "open", problem: null };
  const transaction = inTurn<unknown>(
    { ...report, steps: [step("snapshot", "started")] },
    { ...report, steps: [step("snapshot", "succeeded"), step("rollback", "started")] },
    {
      ...report,
      outcome: "rolled_back",
      problem: "The rollback failed.",
      steps: [
        step("snapshot", "succeeded"),
        step("rollback", "failed"),
        step("delete", "succeeded", "snapshot"),
      ],
    },
  );
  const { result, lines } = await follow(
    { transaction },
    (ask, options) => followTransaction(ask, "t1", options),
  );
  assertEquals([result?.outcome, result?.problem], ["rolled_back", "The rollback failed."]);
  assertEquals(lines, [
    "guest.snapshot: started",
    "guest.snapshot: succeeded",
    "guest.rollback: started",
    "guest.rollback: failed",
    "guest.delete (undoing): succeeded",
  ]);
});

function waits(vmid: number, steps: number | null = 0) {
  return { vmid, why: `${vmid} waits`, steps };
}

const CONVERGENCE = {
  provider: "local",
  revision: "7",
  guests: 3,
  converged: 0,
  waiting: [101, 102, 103].map((vmid) => waits(vmid)),
  quarantined: [] as number[],
  told: [] as { vmid: number; code: "locked"; message: string }[],
};

Deno.test("A revision is waited for until each guest is as desired, quarantined or told", async () => {
  const convergence = inTurn<unknown>(
    CONVERGENCE,
    { ...CONVERGENCE, converged: 1, waiting: CONVERGENCE.waiting.slice(1) },
    {
      ...CONVERGENCE,
      converged: 1,
      waiting: CONVERGENCE.waiting.slice(1),
      quarantined: [102],
    },
    {
      ...CONVERGENCE,
      converged: 1,
      waiting: CONVERGENCE.waiting.slice(1),
      quarantined: [102],
      told: [{ vmid: 103, code: "locked", message: "It is locked." }],
    },
  );
  // Once all is said, 103 is still worked on: that counts as waiting.
  const busy = [[103], [], [103], [], []];
  const { result, lines } = await follow(
    { convergence, status: () => ({ engine: { busy: busy.shift() } }) },
    (ask, options) => followConvergence(ask, "7", options),
  );
  assertEquals(busy, []);
  assertEquals(result?.left.map(({ vmid }) => vmid), [102, 103]);
  assertEquals(lines, [
    "0 of 3 guests as desired",
    "1 of 3 guests as desired",
    "1 of 3 guests as desired, 1 left",
    "1 of 3 guests as desired, 2 left",
  ]);
});

Deno.test("A guest of which something is told is waited for while it has a step left to do", async () => {
  const told = [{ vmid: 103, code: "needs_restart", message: "cores waits" }];
  const report = { ...CONVERGENCE, converged: 2, told };
  // Nobody is at work on it: it waits for its next try, or to be looked at.
  const steps = [null, 2, 1, 1, 1, 1, 0];
  const { result, lines } = await follow(
    {
      convergence: () => ({
        ...report,
        waiting: [waits(103, steps.length > 1 ? steps.shift() : steps[0])],
      }),
      status: () => ({ engine: { busy: [] } }),
    },
    (ask, options) => followConvergence(ask, "7", options),
  );
  assertEquals(result?.left, [waits(103, 0)]);
  assertEquals(steps, [0]);
  assertEquals(lines, ["2 of 3 guests as desired", "2 of 3 guests as desired, 1 left"]);
});

Deno.test("A guest in quarantine is left, whatever there is to do for it", async () => {
  const report = { ...CONVERGENCE, converged: 2, waiting: [waits(102, 3)], quarantined: [102] };
  const { result } = await follow(
    { convergence: () => report, status: () => ({ engine: { busy: [] } }) },
    (ask, options) => followConvergence(ask, "7", options),
  );
  assertEquals(result?.left.map(({ vmid }) => vmid), [102]);
});

Deno.test("Nobody waits for a revision that another one has replaced", async () => {
  const { result } = await follow(
    { convergence: () => ({ ...CONVERGENCE, revision: "8" }) },
    (ask, options) => followConvergence(ask, "7", options),
  );
  assertEquals(result?.report.revision, "8");
});

Deno.test("Who is told to stop waits no longer", async () => {
  const { result } = await follow(
    { operation: () => story(["authorised"]) },
    async (ask, options, stop) => {
      const say = (line: string) => {
        options.say(line);
        stop();
      };
      return await followOperation(ask, "o1", { ...options, say });
    },
  );
  assertEquals(result, undefined);
});

Deno.test("A daemon that restarts is waited for, one that stays away is not", async () => {
  let away = 3;
  const absent = new FelhomError("control.unreachable", "Cannot reach the daemon");
  const operation = () => {
    if (away-- > 0) throw absent;
    return story(["authorised", "started", "succeeded"]);
  };
  const back = await follow({ operation }, (ask, options) => followOperation(ask, "o1", options));
  assertEquals(back.result?.state, "succeeded");
  assertEquals(back.lines.filter((line) => line.includes("does not answer")).length, 1);
  away = 1_000;
  const error = await assertRejects(
    () => follow({ operation }, (ask, options) => followOperation(ask, "o1", options)),
    FelhomError,
  );
  assertStringIncludes(error.message, "Cannot reach the daemon");
  // A question every half second for a minute, and one more.
  assertEquals(1_000 - away, 122);
});
