/** Work that nobody signed: it holds up no signed work, and does not excuse its own waiting. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import type { Clock } from "../../src/clock.ts";
import { isVmid } from "../../src/proxmox/mod.ts";
import { openOperators } from "../authz/support/operators.ts";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { startSimulator } from "../sim/mod.ts";

const VMID = 202;
const MINUTE = 60_000;

function shutdown(timeout: number): Action {
  return { kind: "guest.shutdown", guest: VMID, params: { timeout, then_kill: true } };
}

const STOP: Action = { kind: "guest.stop", guest: VMID, params: {} };

async function ask({ desk }: RunningEngine, action: Action): Promise<string> {
  const taken = await desk.request({ action, why: "a hub asks" });
  assert(taken.outcome === "authorised", JSON.stringify(taken));
  return taken.operation;
}

/** What is done to the guest, by the last part of each call's path. */
function done({ sent }: RunningEngine): string[] {
  return sent().filter((call) => call.includes(`/lxc/${VMID}/`))
    .map((call) => call.slice(call.lastIndexOf("/") + 1));
}

Deno.test("Signed work is begun before the shutdowns that nobody signed and that were asked for before", async () => {
  const operators = await openOperators();
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  try {
    const anna = await operators.person("anna");
    await using host = await runEngine({ on: simulator, signers: { operational: anna.line() } });
    await host.until(() => host.engine.phase === "running");
    assert(isVmid(VMID));
    const [before] = await host.work.eyes.reads.guestSnapshots(VMID);
    assert(before?.snaptime !== undefined);
    simulator.pve.inject({ kind: "lock", vmid: VMID, lock: "backup" });
    const first = await ask(host, shutdown(60));
    await ask(host, shutdown(61));
    const params = { snapshot: before.name, taken_at: before.snaptime };
    const rollback = await host.sign({ kind: "guest.rollback", guest: VMID, params }, anna);
    const taken = await host.desk.submit(rollback);
    assert(taken.outcome === "authorised", JSON.stringify(taken));
    const { operations } = host.work.state;
    assertEquals(operations.get(first)?.state, "authorised");
    assertEquals(done(host), []);
    await host.until(() => host.desk.why(VMID).includes("locked (backup)"));
    assertStringIncludes(host.desk.why(VMID), taken.operation);
    simulator.pve.inject({ kind: "lock", vmid: VMID, lock: null });
    host.engine.wake(VMID);
    await host.quiet();
    assertEquals(operations.get(taken.operation)?.state, "succeeded");
    assertEquals(done(host)[0], "rollback");
  } finally {
    await operators.close();
  }
});

/** Has a stop wait behind a shutdown that takes half an hour and a minute. @returns how it ended */
async function stopBehind(host: RunningEngine, held: { late: boolean }): Promise<string> {
  const { simulator, work: { state } } = host;
  await host.until(() => host.engine.phase === "running");
  simulator.pve.inject({ kind: "lock", vmid: VMID, lock: "backup" });
  await ask(host, shutdown(60));
  const stop = await ask(host, STOP);
  held.late = true;
  simulator.pve.inject({ kind: "lock", vmid: VMID, lock: null });
  host.engine.wake(VMID);
  await host.until(() => state.operations.unfinishedOf(VMID).length === 0);
  assertEquals(done(host), ["shutdown"]);
  return JSON.stringify(state.operations.transitions(stop).at(-1));
}

Deno.test("A stop does not outlive its half an hour behind a shutdown that nobody signed", async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  const held = { late: false };
  let elapsed = 0;
  const clock: Clock = {
    now: () => simulator.clock.now(),
    monotonic: () => simulator.clock.monotonic() + elapsed,
    sleep: (...args) => simulator.clock.sleep(...args),
  };
  await using host = await runEngine({
    on: simulator,
    clock,
    alter: (work) => ({
      ...work,
      facts: async (action, ...rest) => {
        if (held.late && action.kind === "guest.shutdown") elapsed += 31 * MINUTE;
        return await work.facts(action, ...rest);
      },
    }),
  });
  assertMatch(await stopBehind(host, held), /waited for 30 minutes/);
});
