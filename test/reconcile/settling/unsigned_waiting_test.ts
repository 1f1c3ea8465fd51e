import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import type { OperationOrigin, OperationState } from "../../../src/state/mod.ts";
import { FelhomError } from "../../../src/errors.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import { Lifetimes } from "../../../src/reconcile/settling/lifetimes.ts";
import {
  excusing,
  giveUpOver,
  isLockAlive,
  pauseBackup,
  whyOver,
} from "../../../src/reconcile/settling/unsigned_waiting.ts";
import { signed } from "../../state/operation.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STOP: Action = { kind: "guest.stop", guest: 230, params: {} };

/** A stop that was asked for two hours ago. */
function old(
  { work: { state, clock } }: OpenWork,
  id: string,
  { origin = "job", states = [], isSigned = false }: {
    readonly origin?: OperationOrigin;
    readonly states?: readonly OperationState[];
    readonly isSigned?: boolean;
  } = {},
) {
  const at = clock.now() - 2 * HOUR;
  state.operations.authorise({
    ...{ id, transaction: null, vmid: 230, origin, at },
    action: STOP,
    evidence: { why: "", digest: null, observedAt: at, source: "hub", reference: "1" },
    ...(isSigned ? { signed: signed(id, { expiresAt: at + 24 * HOUR }) } : {}),
  });
  for (const as of states) state.operations.advance(id, as, { at });
  const operation = state.operations.get(id);
  assert(operation !== undefined);
  return operation;
}

Deno.test("Only what nobody signed, somebody asked for and nobody has begun grows too old", async () => {
  await using open = await openWork();
  const { work } = open;
  const lasting = [
    old(open, "signed", { isSigned: true }),
    old(open, "begun", { states: ["started"] }),
    old(open, "running", { states: ["started", "task_running"] }),
    ...(["desired", "selftest", "recovery"] as const).map((origin) =>
      old(open, origin, { origin })
    ),
  ];
  const asked = old(open, "asked");
  for (const one of lasting) assertEquals([one.id, whyOver(work, one)], [one.id, undefined]);
  assert(whyOver(work, asked) !== undefined);
  assertEquals(giveUpOver(work, [...lasting, asked]), lasting);
  assertEquals(work.state.operations.get("asked")?.state, "abandoned");
  for (const { id, state } of lasting) {
    assertEquals([id, work.state.operations.get(id)?.state], [id, state]);
  }
});

/** Work in which requests wait for ten minutes at most, by a clock that is moved by hand. */
function waiting({ work }: OpenWork) {
  const time = { now: 1_000 };
  const clock = { ...work.clock, monotonic: () => time.now };
  const lifetimes = new Lifetimes({ clock, limitMs: 10 * MINUTE, timeMark: () => 0 });
  const isOver = (id: string) =>
    lifetimes.whyOver({ id, createdAt: clock.now(), expiresAt: null }) !== undefined;
  return { time, isOver, work: { ...work, clock, lifetimes } };
}

Deno.test("Only a backup that leaves its guest running may wait for the others", async () => {
  await using open = await openWork();
  const params = { storage: "local", compress: "zstd", notes: "", protected: false } as const;
  const backup = (mode: "snapshot" | "stop"): Action => (
    { kind: "guest.backup", guest: 230, params: { ...params, mode } }
  );
  for (
    const [id, action, over] of [
      ["lets it run", backup("snapshot"), false],
      ["stops it", backup("stop"), true],
      ["stop", STOP, true],
      ["unreadable", { kind: "guest.backup" }, true],
    ] as const
  ) {
    const { time, isOver, work } = waiting(open);
    work.state.operations.authorise({
      ...{ id, transaction: null, vmid: 230, origin: "job", at: 1, action, evidence: {} },
    });
    const operation = work.state.operations.get(id);
    assert(operation !== undefined);
    work.lifetimes.admit(id);
    pauseBackup(work, operation);
    time.now += 10 * MINUTE;
    assertEquals([id, isOver(id)], [id, over]);
  }
});

Deno.test("Time behind signed work does not count, and behind what nobody signed it does", async () => {
  for (const isSigned of [true, false]) {
    await using open = await openWork();
    const { time, isOver, work } = waiting(open);
    old(open, "asked");
    work.lifetimes.admit("asked");
    const before = old(open, "before", { isSigned });
    await excusing(work, before, () => Promise.resolve(time.now += 10 * MINUTE));
    assertEquals(isOver("asked"), !isSigned);
  }
});

Deno.test("A lock is alive by a task of its guest, and a backup's by one of several guests as well", async () => {
  await using open = await openWork();
  const { work } = open;
  const signal = new AbortController().signal;
  await carryOutStep(work, {
    action: { kind: "guest.start", guest: 230, params: {} },
    ...{ origin: "job", source: "control socket", reference: "1" },
    ...{ why: "Somebody asks", within: null },
  }, signal);
  const [task] = await work.eyes.reads.tasks({ type: "vzstart", limit: 1 });
  assert(task !== undefined);
  const status = await work.eyes.reads.taskStatus(task.upid);
  for (
    const [lock, type, id, shows, alive] of [
      ["backup", "vzdump", "230", "running", true],
      ["backup", "vzdump", "", "running", true],
      ["backup", "vzdump", "231", "running", false],
      ["backup", "imgcopy", "", "running", false],
      ["snapshot", "vzdump", "", "running", false],
      ["snapshot", "vzsnapshot", "230", "running", true],
      ["snapshot", "vzsnapshot", "230", "stopped", false],
      ["snapshot", "vzsnapshot", "230", "nothing", false],
    ] as const
  ) {
    const reads = {
      ...work.eyes.reads,
      tasks: () => Promise.resolve([{ ...task, type, id }]),
      taskStatus: () =>
        shows === "nothing"
          ? Promise.reject(new FelhomError("proxmox.timeout", "It does not answer"))
          : Promise.resolve({ ...status, status: shows }),
    };
    const eyes = { ...work.eyes, reads };
    const found = await isLockAlive({ ...work, eyes }, { guest: 230, lock }, signal);
    assertEquals([lock, type, id, shows, found], [lock, type, id, shows, alive]);
  }
});
