import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { isUpid, TaskError, type TaskResult } from "../../../src/proxmox/mod.ts";
import type { Effect, Ending, Story } from "../../../src/reconcile/executors/executor.ts";
import { boundExecutor } from "../../../src/reconcile/settling/bound_executor.ts";
import {
  conclude,
  concludeAs,
  type End,
  undecided,
} from "../../../src/reconcile/settling/conclude.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { openWork } from "../support/open_work.ts";

const START: Action = { kind: "guest.start", guest: 230, params: {} };
const TEXT = "UPID:pve:00001234:00005678:66A0B0C0:vzstart:230:felhom@pve!agent:";
assert(isUpid(TEXT));
const UPID = TEXT;

const error = new TaskError("task.failed", {
  upid: UPID,
  exitstatus: "it broke",
  warnings: [],
  tail: [],
});
const unclear = new TaskError("task.unknown", {
  upid: UPID,
  exitstatus: undefined,
  warnings: [],
  tail: [],
});
const ended = { upid: UPID, exitstatus: "OK", warnings: [], tail: [] };
const by = (result: TaskResult): Ending => ({ how: "task", result });

/** An operation that was begun, and what its journal says after it was concluded. */
async function concluded(
  work: Work,
  effect: Effect | Error,
  end: Omit<End, "before">,
  upid: string | null = null,
) {
  const id = crypto.randomUUID();
  work.state.operations.authorise({
    ...{ id, transaction: null, vmid: 230, action: START, origin: "job", at: work.clock.now() },
    evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
  });
  work.state.operations.advance(id, "started", {
    at: work.clock.now(),
    detail: { before: { was: "so" }, nodeTime: 1 },
  });
  const seen: unknown[] = [];
  const executor = {
    ...boundExecutor(START),
    verify: ({ before, ending }: Story) => {
      seen.push({ before, ending });
      return effect instanceof Error ? Promise.reject(effect) : Promise.resolve(effect);
    },
  };
  const outcome = await conclude(work, { id, transaction: null, upid }, {
    executor,
    end: { before: { was: "so" }, ...end },
  });
  assertEquals(seen, [{ before: { was: "so" }, ending: end.ending }]);
  const { operation: _, ...told } = "operation" in outcome
    ? outcome
    : { operation: "", ...outcome };
  const row = work.state.operations.get(id);
  const [last] = work.state.operations.transitions(id).toReversed();
  return { told, state: row?.state, upid: row?.upid, detail: last?.detail, id };
}

Deno.test("what is seen done succeeds, whatever was said of its task, and says what was complained of", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const cases = [
    [{ ending: { how: "answered" } }, []],
    [{ ending: { how: "lost" } }, []],
    [{ ending: { how: "lost" }, several: true }, []],
    [{ ending: by({ ...ended, outcome: "ok" }) }, []],
    [{ ending: by({ ...ended, outcome: "warnings", warnings: ["careful"] }) }, ["careful"]],
    [
      { ending: by({ ...ended, outcome: "error", error, warnings: ["careful"] }) },
      [error.message, "careful"],
    ],
    [{ ending: by({ ...ended, outcome: "unknown", error: unclear }) }, [unclear.message]],
  ] as const;
  for (const [end, warnings] of cases) {
    const { told, state, detail, upid } = await concluded(work, { seen: "done" }, end);
    assertEquals(told, { kind: "succeeded", warnings: [...warnings] });
    assertEquals([state, detail], ["succeeded", { warnings: [...warnings] }]);
    assertEquals(upid, end.ending.how === "task" ? UPID : null);
  }
});

Deno.test("what was seen stands in the journal, and the row that was read goes to who looks next", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const row = (await work.eyes.reads.guests()).find(({ vmid }) => vmid === 230);
  assert(row !== undefined);
  const end = { ending: { how: "answered" } } as const;
  const done = await concluded(work, { seen: "done", row, detail: { size: 8 } }, end);
  assertEquals(done.told, { kind: "succeeded", warnings: [], row });
  assertEquals(done.detail, { warnings: [], seen: { size: 8 } });
  const bare = await concluded(work, { seen: "done" }, end);
  assertEquals("row" in bare.told, false);
});

Deno.test("what is not seen done fails or is unknown, by what is known of its task, with the code of that", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const nothing = { seen: "nothing", why: "It is as before" } as const;
  const other = { seen: "other", why: "It is half done" } as const;
  const lost = "proxmox.timeout" as const;
  const several = "; which of several tasks was its own is not known";
  const cases = [
    [nothing, { ending: { how: "answered" } }, "failed", nothing.why, undefined],
    [other, { ending: { how: "answered" } }, "failed", other.why, undefined],
    [other, { ending: by({ ...ended, outcome: "ok" }) }, "failed", other.why, undefined],
    [other, { ending: by({ ...ended, outcome: "warnings" }) }, "failed", other.why, undefined],
    [
      nothing,
      { ending: by({ ...ended, outcome: "error", error }), code: lost },
      "failed",
      nothing.why,
      "task.failed",
    ],
    [
      nothing,
      { ending: by({ ...ended, outcome: "unknown", error: unclear }) },
      "failed",
      nothing.why,
      "task.unknown",
    ],
    [
      other,
      { ending: by({ ...ended, outcome: "unknown", error: unclear }) },
      "unknown",
      other.why,
      "task.unknown",
    ],
    [nothing, { ending: { how: "lost" }, code: lost }, "failed", nothing.why, lost],
    [other, { ending: { how: "lost" }, code: lost }, "unknown", other.why, lost],
    [
      nothing,
      { ending: { how: "lost" }, several: true },
      "unknown",
      nothing.why + several,
      undefined,
    ],
  ] as const;
  for (const [effect, end, kind, why, code] of cases) {
    const { told, state, detail } = await concluded(work, effect, end);
    const coded = code === undefined ? {} : { code };
    assertEquals(told, { kind, why, ...coded });
    assertEquals([state, detail], [kind, { why, ...coded }]);
  }
});

Deno.test("the task that did it is the operation's; without one it keeps what it had", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const done = { seen: "done" } as const;
  const answered = await concluded(work, done, { ending: { how: "answered" } }, UPID);
  assertEquals(answered.upid, UPID);
  const lost = await concluded(work, done, { ending: { how: "lost" } });
  assertEquals(lost.upid, null);
});

Deno.test("traces count as far as they are seen, and none of what is as before", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const gone = { kind: "snapshot_gone", vmid: 230, name: "s" } as const;
  const end = { ending: { how: "lost" } } as const;
  const record = () =>
    work.state.snapshots.record({
      ...{ vmid: 230, name: "s", takenAt: 1, digest: null, stoppedThroughout: true },
      ...{ transaction: "t", operation: "o", at: 1 },
    });
  for (
    const [effect, isGone] of [
      [{ seen: "done", traces: [gone] }, true],
      [{ seen: "other", why: "partly", traces: [gone] }, true],
      [{ seen: "other", why: "partly" }, false],
      [{ seen: "nothing", why: "as before" }, false],
    ] as const
  ) {
    record();
    await concluded(work, effect, end);
    assertEquals(work.state.snapshots.get(230, "s") === undefined, isGone, JSON.stringify(effect));
  }
});

Deno.test("where the host cannot be asked nothing is decided, and a bug is thrown", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const end = { ending: { how: "answered" } } as const;
  const away = new FelhomError("proxmox.timeout", "It does not answer");
  const open = await concluded(work, away, end);
  assertEquals(open.told, { kind: "running", why: "It does not answer" });
  assertEquals([open.state, open.detail], ["started", { before: { was: "so" }, nodeTime: 1 }]);
  await assertRejects(() => concluded(work, new RangeError("a bug"), end), RangeError);
  assertThrows(() => undecided(work, "o", new RangeError("a bug")), RangeError);
});

Deno.test("what cannot be written down is as it was, and looked up again", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const { id } = await concluded(work, new FelhomError("proxmox.timeout", "away"), {
    ending: { how: "answered" },
  });
  const failed = { kind: "failed", operation: id, why: "No" } as const;
  const operation = { id, transaction: null, upid: null };
  assertEquals(concludeAs(work, operation, failed), failed);
  // It has ended, and does not end again.
  const again = concludeAs(work, operation, failed);
  assertEquals([again.kind, work.state.operations.get(id)?.state], ["running", "failed"]);
});

Deno.test("each end is told in its words, and one that failed or is unknown as a warning", async () => {
  await using opened = await openWork();
  const said: string[] = [];
  const log: Logger = {
    ...silentLogger,
    info: (message) => void said.push(`info: ${message}`),
    warn: (message) => void said.push(`warn: ${message}`),
  };
  const work = { ...opened.work, log };
  for (const effect of [{ seen: "done" }, { seen: "nothing", why: "No" }] as const) {
    await concluded(work, effect, { ending: { how: "answered" } });
  }
  await concluded(work, { seen: "other", why: "No" }, { ending: { how: "lost" } });
  assertEquals(said, [
    "info: an operation succeeded",
    "warn: an operation failed",
    "warn: an operation ends unknown",
  ]);
});
