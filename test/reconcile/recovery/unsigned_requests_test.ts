import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import type { Clock } from "../../../src/clock.ts";
import { asUpid, type Reads, type Upid } from "../../../src/proxmox/mod.ts";
import { carryOutOperation } from "../../../src/reconcile/carry_out.ts";
import { recover } from "../../../src/reconcile/recovery/recover.ts";
import { isLockAlive } from "../../../src/reconcile/settling/unsigned_waiting.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { openWork } from "../support/open_work.ts";

const STOP: Action = { kind: "guest.stop", guest: 210, params: {} };
const MINUTE = 60_000;
const signal = new AbortController().signal;

/** Another time of day than the host's. */
function shifted(clock: Clock, ms: number): Clock {
  return {
    now: () => clock.now() + ms,
    monotonic: () => clock.monotonic(),
    sleep: (...args) => clock.sleep(...args),
  };
}

function ask({ state, clock, lifetimes }: Work, expiresAt?: number) {
  state.operations.authorise({
    ...{ id: "stop", transaction: null, vmid: 210, action: STOP, origin: "job", at: clock.now() },
    evidence: {
      ...{ why: "somebody asks", digest: null, observedAt: 1, source: "hub", reference: "1" },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
  });
  lifetimes.admit("stop");
}

function operationOf({ state }: Work) {
  const found = state.operations.get("stop");
  assert(found !== undefined);
  return found;
}

const stops = ({ wire }: Simulator) =>
  wire.log.rows().filter(({ path }) => path.endsWith("/status/stop")).length;

/** Asks for a stop of a locked guest, ends, and begins again so many minutes later. */
async function afterRestart(
  minutes: number,
  test: (work: Work, simulator: Simulator) => Promise<void>,
  expiresIn?: number,
): Promise<void> {
  await using simulator = await startSimulator({ timeScale: 50 });
  await inFolder(async (folder) => {
    simulator.pve.inject({ kind: "lock", vmid: 210, lock: "backup" });
    {
      await using first = await openWork({ folder, on: simulator });
      const { work } = first;
      ask(work, expiresIn === undefined ? undefined : work.clock.now() + expiresIn);
      const outcome = await carryOutOperation(work, operationOf(work), signal);
      assert(outcome.kind === "not_begun" && outcome.passes, JSON.stringify(outcome));
    }
    const clock = shifted(simulator.clock, minutes * MINUTE);
    await using second = await openWork({ folder, on: simulator, clock });
    await recover(second.work, { signal });
    await test(second.work, simulator);
  });
}

Deno.test("a stop that waited behind a lock for half an hour does not fire when somebody takes it off after a restart", async () => {
  await afterRestart(31, async (work, simulator) => {
    simulator.pve.inject({ kind: "lock", vmid: 210, lock: null });
    assertEquals(operationOf(work).state, "abandoned");
    assertMatch(JSON.stringify(work.state.operations.transitions("stop")), /waited for 30 minutes/);
    assertEquals(work.state.operations.unfinishedOf(210), []);
    assertEquals(stops(simulator), 0);
    await Promise.resolve();
  });
});

Deno.test("a stop that was asked for a moment ago outlives a restart, and is decided anew", async () => {
  await afterRestart(5, async (work, simulator) => {
    assertEquals(operationOf(work).state, "authorised");
    simulator.pve.inject({ kind: "lock", vmid: 210, lock: null });
    const outcome = await carryOutOperation(work, operationOf(work), signal);
    assertEquals([outcome.kind, stops(simulator)], ["succeeded", 1]);
  });
  await afterRestart(5, async (work, simulator) => {
    simulator.pve.inject({ kind: "vanish", vmid: 210 });
    const outcome = await carryOutOperation(work, operationOf(work), signal);
    assertEquals([outcome.kind, operationOf(work).state], ["denied", "abandoned"]);
  });
});

Deno.test("a stop whose own time was over, or that seems to come from the future, is given up", async () => {
  await afterRestart(5, async (work) => {
    assertEquals(operationOf(work).state, "abandoned");
    await Promise.resolve();
  }, 4 * MINUTE);
  await afterRestart(-60, async (work) => {
    assertEquals(operationOf(work).state, "abandoned");
    assertMatch(JSON.stringify(work.state.operations.transitions("stop")), /yet to come/);
    await Promise.resolve();
  });
});

Deno.test("within one process a stop whose time is over is not carried out", async () => {
  await using opened = await openWork();
  const { work, simulator } = opened;
  ask(work, work.clock.now() - 1);
  const outcome = await carryOutOperation(work, operationOf(work), signal);
  assert(outcome.kind === "not_begun" && !outcome.passes);
  assertEquals([operationOf(work).state, stops(simulator)], ["abandoned", 0]);
});

const upid = (type: string, id: string): Upid =>
  asUpid(`UPID:pve:000018E7:000305BB:6B00E21F:${type}:${id}:root@pam:`);

Deno.test("a lock is alive while a task of its guest runs, and only then", async () => {
  await using opened = await openWork();
  const { work } = opened;
  const rows: readonly (readonly [Upid, string, boolean])[] = [
    [upid("vzsnapshot", "210"), "running", true],
    [upid("vzdump", ""), "running", true],
    [upid("vzsnapshot", "210"), "stopped", false],
    [upid("vzsnapshot", "211"), "running", false],
    [upid("aptupdate", ""), "running", false],
  ];
  for (const [task, status, alive] of rows) {
    const [type = "", id = ""] = task.split(":").slice(5, 7);
    const row = { upid: task, type, id, node: "pve", pid: 1, pstart: 1, starttime: 1, user: "" };
    const reads: Reads = {
      ...work.eyes.reads,
      tasks: () => Promise.resolve([{ ...row, endtime: undefined, status: "RUNNING" }]),
      taskStatus: () => Promise.resolve({ ...row, status, exitstatus: undefined }),
    };
    const eyes = { ...work.eyes, reads };
    const found = await isLockAlive({ ...work, eyes }, { guest: 210, lock: "backup" }, signal);
    assertEquals([task, found], [task, alive]);
  }
  opened.simulator.wire.faults.add({ path: "/tasks$", fault: { kind: "status", status: 595 } });
  assertEquals(await isLockAlive(work, { guest: 210, lock: "backup" }, signal), false);
});

Deno.test("time behind a lock counts when nobody is at work there, and does not when somebody is", async () => {
  for (const alive of [false, true]) {
    await using opened = await openWork();
    const { simulator } = opened;
    let elapsed = 0;
    const clock = {
      ...shifted(simulator.clock, 0),
      monotonic: () => simulator.clock.monotonic() + elapsed,
    };
    const row = { node: "pve", pid: 1, pstart: 1, starttime: 1, user: "" };
    const task = { ...row, upid: upid("vzdump", "210"), type: "vzdump", id: "210" };
    const { reads } = opened.work.eyes;
    const eyes = {
      ...opened.work.eyes,
      reads: {
        ...reads,
        tasks: () =>
          Promise.resolve(alive ? [{ ...task, endtime: undefined, status: "RUNNING" }] : []),
        taskStatus: () => Promise.resolve({ ...task, status: "running", exitstatus: undefined }),
      },
    };
    await using timed = await openWork({ on: simulator, clock });
    const work = { ...timed.work, eyes };
    simulator.pve.inject({ kind: "lock", vmid: 210, lock: "backup" });
    ask(work);
    await carryOutOperation(work, operationOf(work), signal);
    elapsed = 31 * MINUTE;
    await carryOutOperation(work, operationOf(work), signal);
    assertEquals([alive, operationOf(work).state], [alive, alive ? "authorised" : "abandoned"]);
  }
});
