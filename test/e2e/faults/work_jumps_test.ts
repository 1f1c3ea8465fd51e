import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { start } from "../../sim/pve/world/power.ts";
import type { Simulator } from "../../sim/mod.ts";
import { wanted } from "../../reconcile/engine/run_engine.ts";
import { backupOf } from "./every_kind.ts";
import { beforeSending, idOrCode, type JumpedAgent, onJumpingHost } from "./jumping_host.ts";

const HOUR = 60 * 60_000;
const YEAR = 365 * 24 * HOUR;
const JUMPS = [["a day ahead", 24 * HOUR], ["a day back", -24 * HOUR], [
  "ten years ahead",
  10 * YEAR,
], ["ten years back", -10 * YEAR]] as const;

function tasksOf({ pve }: Simulator, type: string, vmid: number): number {
  return pve.world.tasks.all().filter((task) => task.type === type && task.id === String(vmid))
    .length;
}

async function ask(host: JumpedAgent, action: Action): Promise<string> {
  return idOrCode(await host.desk.request({ action, why: "Somebody asks" }));
}

for (const [where, ms] of JUMPS) {
  Deno.test(`Back-off and quarantine are neither shorter nor longer for a jump ${where}`, async () => {
    await onJumpingHost(async ({ agent, clock, simulator }) => {
      await using host = await agent();
      const tries = () => tasksOf(simulator, "vzstart", 201);
      const record = () => host.engine.ledger.record(201);
      simulator.pve.inject({
        ...{ kind: "task", type: "vzstart", vmid: 201, times: 5 },
        fate: { kind: "fail", message: "it will not" },
      });
      host.want(wanted(201, { state: "running" }));
      host.engine.passNow();
      await host.until(() => (record()?.failures ?? 0) >= 3);
      clock.jump(ms);
      const { failures = 0, nextTryAt } = record() ?? {};
      host.engine.passNow();
      await host.until(() => (record()?.failures ?? 0) > failures || failures === 5);
      // Not sooner than was said before the jump, and not in years.
      assert(failures === 5 || clock.monotonic() >= (nextTryAt ?? Infinity));
      await host.until(() => (record()?.quarantinedSince ?? null) !== null);
      assertEquals(tries(), 5);
      for (const back of [-ms, ms, -ms]) {
        clock.jump(back);
        await host.quiet();
      }
      assertEquals([tries(), host.engine.ledger.turn(201)], [5, { may: false, inMs: null }]);
      // A new revision lifts it at once.
      host.want(wanted(201, { state: "running" }));
      host.engine.passNow();
      await host.until(() => simulator.pve.world.isRunning(201));
      assertEquals(tries(), 6);
      host.want();
    });
  });
}

Deno.test("A budget that was spent while the clock was years ahead is there again once it is right", async () => {
  await onJumpingHost(async ({ agent, clock }) => {
    await using host = await agent();
    await host.until(() => host.engine.phase === "running");
    const restart: Action = { kind: "guest.restart", guest: 200, params: { timeout: 60 } };
    const restarted = async () => {
      const id = await ask(host, restart);
      await host.until(() => host.stateOf(id) !== undefined || id === "restart_budget");
      await host.until(() => host.work.state.operations.unfinished().length === 0);
      return host.stateOf(id) ?? id;
    };
    clock.jump(10 * YEAR);
    const ends = [];
    for (let time = 0; time < 7; time++) ends.push(await restarted());
    assertEquals(ends, [...new Array(6).fill("succeeded"), "restart_budget"]);
    // Half an hour back they count still: so far a clock is set back, and they were.
    clock.jump(-HOUR / 2);
    assertEquals(await restarted(), "restart_budget");
    clock.jump(HOUR / 2 - 10 * YEAR);
    assertEquals(await restarted(), "succeeded");
  });
});

/** Writes down a start of a guest as begun, as a process that was killed right then leaves it. */
function leaveBegun({ state, clock }: Work, guest: number): void {
  const action: Action = { kind: "guest.start", guest, params: {} };
  state.operations.authorise({
    ...{ id: "begun", transaction: null, vmid: guest, action, origin: "job", at: clock.now() },
    evidence: { why: "", digest: null, observedAt: 1, source: "agent", reference: "1" },
  });
  const detail = { before: { pid: null }, nodeTime: Math.floor(clock.now() / 1000) };
  state.operations.advance("begun", "started", { at: clock.now(), detail });
}

/** The call that was on its way arrives, and starts its task. */
function arrives({ pve: { world, token } }: Simulator, vmid: number): void {
  start(world, { vmid, user: token.id });
}

for (const [where, ms] of JUMPS) {
  Deno.test(`What may be on its way is waited out over a restart with a jump ${where}`, async () => {
    await onJumpingHost(async ({ agent, clock, simulator }) => {
      const looks = () =>
        simulator.wire.log.rows().filter(({ path }) => path === "/nodes/pve/tasks").length;
      {
        await using _killed = await agent({
          parallel: 0,
          prepare: ({ work }) => leaveBegun(work, 201),
        });
      }
      clock.jump(ms);
      const before = looks();
      await using host = await agent();
      await host.until(() => looks() > before + 2);
      assertEquals([host.engine.phase, host.stateOf("begun")], ["recovering", "started"]);
      arrives(simulator, 201);
      await host.until(() => host.stateOf("begun") === "succeeded");
      assertEquals(tasksOf(simulator, "vzstart", 201), 1);
    });
  });

  Deno.test(`A call whose answer was lost is waited out although the clock jumps ${where}`, async () => {
    await onJumpingHost(async ({ agent, clock, simulator }) => {
      await using host = await agent();
      await host.until(() => host.engine.phase === "running");
      const { wire } = simulator;
      const looks = () => wire.log.rows().filter(({ path }) => path === "/nodes/pve/tasks").length;
      wire.faults.add({ method: "POST", count: 1, fault: { kind: "reset_before" } });
      const before = looks();
      const id = await ask(host, { kind: "guest.start", guest: 201, params: {} });
      await host.until(() => host.stateOf(id) === "started");
      clock.jump(ms);
      await host.until(() => looks() > before + 3);
      assertEquals(host.stateOf(id), "started");
      arrives(simulator, 201);
      await host.until(() => host.stateOf(id) === "succeeded");
    });
  });
}

Deno.test("A task that was started after the clock was set back is found all the same", async () => {
  await onJumpingHost(async ({ agent, clock, simulator }) => {
    const { pve: { world }, wire } = simulator;
    let hoursBack = 0;
    await using host = await agent({
      alter: beforeSending(() => {
        clock.jump(-2 * HOUR);
        hoursBack += 2;
      }),
    });
    await host.until(() => host.engine.phase === "running");
    const taken = Number(world.guest(204).config.snapshots.get("before")?.get("snaptime"));
    const rollback = { snapshot: "before", taken_at: taken };
    const settings = { storage: "local", mode: "snapshot", compress: "zstd" } as const;
    const backup = { ...settings, notes: "", protected: false };
    const ends = [];
    for (
      const action of [
        { kind: "guest.backup", guest: 200, params: backup },
        { kind: "guest.rollback", guest: 204, params: rollback },
        { kind: "guest.snapshot", guest: 206, params: { snapshot: "fresh", description: "" } },
      ] satisfies Action[]
    ) {
      wire.faults.add({ method: "POST", count: 1, fault: { kind: "reset_after" } });
      const submission = action.kind === "guest.rollback" ? await host.signed(action) : null;
      const id = submission === null ? await ask(host, action) : await host.submit(submission);
      await host.until(() => host.work.state.operations.unfinished().length === 0);
      ends.push(`${action.kind} ${host.stateOf(id)}`);
      assert(hoursBack > 0);
      clock.jump(hoursBack * HOUR);
      hoursBack = 0;
    }
    assertEquals(ends, [
      "guest.backup succeeded",
      "guest.rollback succeeded",
      "guest.snapshot succeeded",
    ]);
    assertMatch(backupOf(world, 200), /-200-/);
  });
});
