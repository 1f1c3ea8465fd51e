import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import {
  ApiError,
  asUpid,
  TaskError,
  TaskPace,
  type TaskReads,
  type TaskResult,
  type TaskStatus,
  TaskTimeoutError,
  TransportError,
  waitTask,
  type WaitTaskOptions,
} from "../../src/proxmox/mod.ts";
import { pollDelay } from "../../src/proxmox/wait_task.ts";
import { FakeClock } from "../support/fake_clock.ts";

const UPID = asUpid("UPID:pve:000018E7:000305BB:6B00E21F:vzdump:101:felhom-agent@pve!agent:");

function failed(status: number, text: string): ApiError {
  return new ApiError({ method: "GET", path: "/x", status, text, fields: {} });
}

const RESET = new TransportError("proxmox.reset", "Cannot GET /x: broke", { sent: "maybe" });

/** A task at a server of which a test says when it does what. */
class ScriptedTask implements TaskReads {
  readonly looks: number[] = [];
  readonly log: string[] = [];
  /** Time limits that the log was asked with. */
  readonly logLimits: (number | undefined)[] = [];
  readonly #clock: FakeClock;
  /** When it ends, and how; by the clock. */
  endsAt = Infinity;
  exitstatus: string | undefined = "OK";
  /** Failures that the next looks meet. */
  readonly failures: FelhomError[] = [];
  logFailure: FelhomError | undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  taskStatus(upid: typeof UPID): Promise<TaskStatus> {
    this.looks.push(this.#clock.monotonic());
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    const running = this.#clock.monotonic() < this.endsAt;
    return Promise.resolve({
      ...{ upid, node: "pve", pid: 1, pstart: 1, starttime: 1, type: "vzdump", id: "101" },
      user: "felhom-agent@pve",
      ...(running ? { status: "running" } : { status: "stopped", exitstatus: this.exitstatus }),
    });
  }

  taskLog(_: typeof UPID, { start = 0, limit = 0, limitMs }: LogOptions = {}) {
    this.logLimits.push(limitMs);
    if (this.logFailure !== undefined) return Promise.reject(this.logFailure);
    const lines = this.log.slice(start, limit === 0 ? undefined : start + limit);
    return Promise.resolve({ lines, total: this.log.length });
  }
}

type LogOptions = NonNullable<Parameters<TaskReads["taskLog"]>[1]>;

interface Waiting {
  readonly clock: FakeClock;
  readonly task: ScriptedTask;
  readonly result: Promise<TaskResult>;
}

function startWaiting(
  prepare: (task: ScriptedTask) => void,
  options: Partial<WaitTaskOptions> = {},
): Waiting {
  const clock = new FakeClock();
  const task = new ScriptedTask(clock);
  prepare(task);
  const result = waitTask(task, UPID, { clock, limitMs: 3_600_000, ...options });
  result.catch(() => {}); // Looked at later, when the clock has been moved.
  return { clock, task, result };
}

Deno.test("a task of 2 s takes at most 6 looks, none sooner than 1 s after another", async () => {
  const { clock, task, result } = startWaiting((task) => task.endsAt = 2_000);
  await clock.advance(10_000);
  assertEquals((await result).outcome, "ok");
  assertLessOrEqual(task.looks.length, 6);
  task.looks.forEach((at, index) => {
    if (index > 0) assert(at - (task.looks[index - 1] ?? 0) >= 1_000);
  });
});

Deno.test("a task that was just started is looked at when it can have ended, not before", async () => {
  const { clock, task, result } = startWaiting((task) => task.endsAt = 2_000, {
    pace: new TaskPace(),
  });
  await clock.advance(10_000);
  assertEquals((await result).outcome, "ok");
  assertEquals(task.looks, [1_000, 2_000]);
});

Deno.test("a task is looked at for the first time when the last of its kind had ended", async () => {
  const pace = new TaskPace();
  const looks = [];
  for (let round = 0; round < 9; round++) {
    const { clock, task, result } = startWaiting((task) => task.endsAt = 3_000, { pace });
    await clock.advance(10_000);
    await result;
    looks.push(task.looks.join(" "));
  }
  // Now and then a step earlier: it may have become faster.
  const [usual, tried] = ["3000", "2000 3000"];
  assertEquals(looks, [
    ...["1000 2000 3000", "2000 3000", usual, usual, usual],
    ...[tried, usual, usual, usual],
  ]);
});

Deno.test("that looks are slow does not make the next first look later", async () => {
  const pace = new TaskPace();
  for (let round = 0; round < 4; round++) {
    const { clock, task, result } = startWaiting((task) => task.endsAt = 500, { pace });
    const { taskStatus } = task;
    task.taskStatus = async (upid) => {
      const status = await taskStatus.call(task, upid);
      await clock.sleep(3_000);
      return status;
    };
    await clock.advance(60_000);
    await result;
    assertEquals(task.looks, [1_000]);
  }
});

Deno.test("the limit holds before the first look at a task that was just started", async () => {
  const { clock, task, result } = startWaiting(() => {}, { pace: new TaskPace(), limitMs: 300 });
  await clock.advance(10_000);
  await assertRejects(() => result, TaskTimeoutError);
  assertEquals(task.looks, [300]);
});

Deno.test("who waits for a task that was just started can give up before the first look", async () => {
  const abort = new AbortController();
  const { clock, task, result } = startWaiting(() => {}, {
    ...{ pace: new TaskPace(), signal: abort.signal },
  });
  await clock.advance(500);
  abort.abort();
  const error = await assertRejects(() => result, FelhomError);
  assertEquals([error.code, task.looks], ["proxmox.aborted", []]);
});

Deno.test("looks become rarer with time, within bounds", () => {
  assertEquals([0, 9_000, 20_000, 50_000, 1e7].map(pollDelay), [1_000, 1_000, 2_000, 5_000, 5_000]);
});

for (
  const [exitstatus, outcome] of [
    ["OK", "ok"],
    ["WARNINGS: 2", "warnings"],
    ["WARNINGS: x", "error"],
    ["CT is locked (backup)", "error"],
    ["interrupted by signal", "error"],
    ["unexpected status", "unknown"],
    ["unable to get last line from task log - no such file", "unknown"],
    ["", "unknown"],
    [undefined, "unknown"],
  ] as const
) {
  Deno.test(`a task that ends with ${JSON.stringify(exitstatus)} ends ${outcome}`, async () => {
    const { clock, result } = startWaiting((task) => {
      task.endsAt = 0;
      task.exitstatus = exitstatus;
      task.log.push("INFO: a", "WARN: Systemd 252 detected.", "WARNING: b", "TASK x");
    });
    await clock.advance(0);
    const ended = await result;
    assertEquals(ended.outcome, outcome);
    assertEquals(ended.exitstatus, exitstatus);
    if (outcome === "ok") return assertEquals([ended.warnings, ended.tail], [[], []]);
    assertEquals(ended.warnings, ["Systemd 252 detected.", "b"]);
    assertEquals(ended.tail.at(-1), "TASK x");
    if (ended.outcome !== "error" && ended.outcome !== "unknown") return;
    assert(ended.error instanceof TaskError);
    assertEquals(ended.error.code, outcome === "error" ? "task.failed" : "task.unknown");
    assertEquals(ended.error.upid, UPID);
    assertEquals(ended.error.retry, outcome === "error" ? "never" : "unknown");
  });
}

Deno.test("waiting survives 595, 596, resets, timeouts and locks in between", async () => {
  const { clock, task, result } = startWaiting((task) => {
    task.endsAt = 20_000;
    task.failures.push(
      failed(595, "Connection refused"),
      failed(596, "Connection timed out"),
      RESET,
      new TransportError("proxmox.refused", "x", { sent: "no" }),
      new TransportError("proxmox.timeout", "x", { sent: "maybe" }),
      failed(500, "no quorum!"),
    );
  });
  await clock.advance(60_000);
  assertEquals((await result).outcome, "ok");
  assertEquals(task.failures.length, 0);
});

Deno.test("waiting ends on what does not pass by itself", async () => {
  for (const failure of [failed(401, "No ticket"), failed(403, "Permission check failed")]) {
    const { clock, task, result } = startWaiting((task) => task.failures.push(failure));
    await clock.advance(60_000);
    assertEquals(await assertRejects(() => result, FelhomError), failure);
    assertEquals(task.looks.length, 1);
  }
});

Deno.test("a task that the node does not know any more ends unknown", async () => {
  const gone = new ApiError({
    method: "GET",
    path: "/x",
    status: 400,
    text: "Parameter verification failed.",
    fields: { upid: "no such task" },
  });
  const { clock, result } = startWaiting((task) => task.failures.push(gone));
  await clock.advance(0);
  const ended = await result;
  assertEquals([ended.outcome, ended.exitstatus], ["unknown", undefined]);
});

Deno.test("a limit ends the waiting and names the task, whatever the last look said", async () => {
  for (const away of [false, true]) {
    const { clock, task, result } = startWaiting((task) => {
      if (away) { for (let look = 0; look < 100; look++) task.failures.push(RESET); }
    }, { limitMs: 2_500 });
    await clock.advance(60_000);
    const error = await assertRejects(() => result, TaskTimeoutError);
    assertEquals([error.upid, error.code, error.retry], [UPID, "task.timeout", "unknown"]);
    assertStringIncludes(error.hint ?? "", UPID);
    assertEquals(error.cause, away ? RESET : undefined);
    assertEquals(task.looks, [0, 1_000, 2_000]);
  }
});

Deno.test("a look at the log gets no more time than is left of the limit", async () => {
  const { clock, task, result } = startWaiting(() => {}, { limitMs: 2_500, onLog: () => {} });
  await clock.advance(60_000);
  await assertRejects(() => result, TaskTimeoutError);
  assertEquals(task.logLimits, [2_500, 1_500, 500]);
});

Deno.test("an abort ends the waiting at once, and names the task", async () => {
  const controller = new AbortController();
  const { clock, result } = startWaiting(() => {}, { signal: controller.signal });
  await clock.advance(1_500);
  controller.abort(new Error("enough"));
  const error = await assertRejects(() => result, FelhomError, UPID);
  assertEquals(error.code, "proxmox.aborted");
  assertEquals(clock.sleeping, 0);
});

Deno.test("new lines of the log are handed on once, in order, to the last", async () => {
  const seen: string[] = [];
  const { clock, task, result } = startWaiting((task) => {
    task.endsAt = 2_500;
    task.log.push("one");
  }, { onLog: (lines) => seen.push(...lines) });
  await clock.advance(500);
  assertEquals(seen, ["one"]);
  task.log.push("two \x1b[31m", "WARN: three");
  await clock.advance(600);
  assertEquals(seen, ["one", "two \\x1b[31m", "WARN: three"]);
  task.log.push(...Array.from({ length: 5_000 }, (_, index) => `line ${index}`), "TASK OK");
  await clock.advance(5_000);
  const ended = await result;
  assertEquals([seen.length, seen.at(-1)], [5_004, "TASK OK"]);
  assertEquals([ended.warnings, ended.tail.length], [["three"], 50]);
});

Deno.test("a log that cannot be read does not hide the outcome", async () => {
  const { clock, result } = startWaiting((task) => {
    task.endsAt = 0;
    task.exitstatus = "CT is locked (backup)";
    task.logFailure = failed(596, "Connection timed out");
  }, { onLog: () => {} });
  await clock.advance(0);
  const ended = await result;
  assertEquals([ended.outcome, ended.tail], ["error", []]);
});
