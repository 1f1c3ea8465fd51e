import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../../src/clock.ts";
import { FelhomError } from "../../../src/errors.ts";
import { readIdentity } from "../../../src/gate/mod.ts";
import { parseVmid } from "../../../src/proxmox/mod.ts";
import { SCRATCH_LIFE_MS } from "../../../src/state/mod.ts";
import type { TransactionReport } from "../../../src/reconcile/commands/commands.ts";
import { harmfulAdvice } from "../../repository/harmful_advice.ts";
import { startSimulator } from "../../sim/mod.ts";
import { runEngine, type RunningEngine } from "./run_engine.ts";

const VMID = 299;

async function ended(host: RunningEngine, transaction: string): Promise<TransactionReport> {
  let report: TransactionReport | undefined;
  await host.until(() => {
    report = host.desk.transaction(transaction);
    return report !== undefined && (report.outcome !== "open" || report.problem !== null);
  });
  assert(report !== undefined);
  return report;
}

const guests = ({ simulator: { pve } }: RunningEngine) => pve.world.guests;

/** Calls `then` when a task of a type is forked. */
function whenForked(host: RunningEngine, type: string, then: () => void): void {
  const { tasks } = host.simulator.pve.world;
  const before = tasks.fateOf;
  tasks.fateOf = (forked, id) => {
    if (forked === type) then();
    return before(forked, id);
  };
}

Deno.test("asked for without a VMID, a self-test is done on a guest of its own, step by step", async () => {
  await using host = await runEngine();
  await host.until(() => host.engine.phase === "running");
  const begun = await host.desk.selftest(null);
  assertEquals([begun.vmid, begun.told], [VMID, []]);
  const again = await host.desk.selftest(null);
  assertEquals(again.transaction, begun.transaction, "one at a time");
  const report = await ended(host, begun.transaction);
  assertEquals([report.outcome, report.problem, report.vmid], ["committed", null, VMID]);
  assertEquals(report.steps.map(({ kind, state }) => `${kind} ${state}`), [
    "guest.create succeeded",
    "guest.settings succeeded",
    "guest.snapshot succeeded",
    "guest.rollback succeeded",
    "guest.delete_snapshot succeeded",
    "guest.start succeeded",
    "guest.stop succeeded",
    "guest.destroy succeeded",
  ]);
  assertEquals(guests(host).has(VMID), false);
});

for (const type of ["vzrestore", "vzsnapshot", "vzdelsnapshot", "vzstart", "vzstop"]) {
  Deno.test(`what an agent that ended during ${type} left is taken away by the next one, by itself`, async () => {
    await using simulator = await startSimulator({ callClock: systemClock, timeScale: 50 });
    const folder = await Deno.makeTempDir({ prefix: "felhom-selftest-" });
    await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
    {
      await using host = await runEngine({ on: simulator, folder });
      await host.until(() => host.engine.phase === "running");
      whenForked(host, type, () => void host.stop());
      await host.desk.selftest(null);
      await host.until(() => host.engine.phase === "draining");
      await host.stop();
    }
    assert(simulator.pve.world.guests.has(VMID), "it was broken off in the middle");
    await using next = await runEngine({ on: simulator, folder });
    await next.until(() => !guests(next).has(VMID));
    await next.quiet();
    assertEquals([next.work.state.guests.scratch(), next.work.state.transactions.open()], [[], []]);
    assertEquals(next.work.state.pending.list(next.work.clock.now()), []);
  });
}

Deno.test("a VMID that is taken at the last moment is left, and the next one tried", async () => {
  await using host = await runEngine();
  await host.until(() => host.engine.phase === "running");
  const other = guests(host).get(201);
  assert(other !== undefined);
  const { isFree } = host.work.eyes.reads;
  let asked = 0;
  host.work.eyes.reads.isFree = async (vmid, options) => {
    // Free as it was chosen, and taken right after.
    const free = await isFree(vmid, options);
    if (++asked === 1) guests(host).set(VMID, other);
    return free;
  };
  const { transaction, vmid } = await host.desk.selftest(null);
  assertEquals(vmid, VMID);
  const report = await ended(host, transaction);
  assertEquals([report.outcome, report.problem, report.vmid], ["committed", null, 298]);
  assertEquals(guests(host).get(VMID), other);
});

Deno.test("a self-test whose VMID was taken makes no guest beside what another one left meanwhile", async () => {
  await using host = await runEngine();
  await host.until(() => host.engine.phase === "running");
  const { work } = host;
  const other = guests(host).get(201);
  assert(other !== undefined);
  const { volumes, macs } = readIdentity([await work.eyes.reads.guestConfig(parseVmid(230))]);
  const { isFree } = work.eyes.reads;
  let asked = 0;
  work.eyes.reads.isFree = async (vmid, options) => {
    const free = await isFree(vmid, options);
    if (++asked === 1) guests(host).set(VMID, other);
    if (asked === 2) {
      // When it has begun. No run of the engine's takes it away: its day is over.
      const at = work.clock.now() - SCRATCH_LIFE_MS;
      work.state.guests.record({
        ...{ vmid: 230, transaction: "t", operation: "o", creation: null, volumes, macs },
        ...{ digest: "d", at, scratch: true },
      });
    }
    return free;
  };
  const { transaction } = await host.desk.selftest(null);
  const report = await ended(host, transaction);
  assertStringIncludes(report.problem ?? "", "guest 230 is left from an earlier one");
  assertStringIncludes(report.problem ?? "", "--op guest.destroy --vmid 230 --param purge=false");
  assertEquals(guests(host).has(298), false);
});

Deno.test("what cannot be taken away is told: by the report, by why, and to who asks for the next", async () => {
  await using host = await runEngine();
  await host.until(() => host.engine.phase === "running");
  const fate = { kind: "fail", message: "dataset is busy" } as const;
  host.simulator.pve.inject({ kind: "task", type: "vzdestroy", fate });
  const begun = await host.desk.selftest(null);
  const report = await ended(host, begun.transaction);
  assertStringIncludes(report.problem ?? "", "Guest 299, which a self-test made, is left");
  host.simulator.pve.inject({ kind: "lock", vmid: VMID, lock: "destroyed" });
  await host.until(() => host.desk.why(VMID).includes("locked (destroyed)"));
  const refused = await assertRejects(() => host.desk.selftest(null), FelhomError);
  assertEquals(refused.code, "selftest.refused");
  assertStringIncludes(refused.message, "guest 299 is left from an earlier one");
  assertStringIncludes(refused.hint ?? "", "felhom-agent why 299");
  const named = await host.desk.selftest(230);
  assertStringIncludes(named.told.join(), "Guest 299 is left from a self-test of");
  await ended(host, named.transaction);
  const said = [report.problem ?? "", host.desk.why(VMID), refused.hint ?? "", ...named.told];
  assertEquals(said.flatMap(harmfulAdvice), []);
  assertEquals(guests(host).has(298), false);
  host.simulator.pve.inject({ kind: "lock", vmid: VMID, lock: null });
  host.engine.wake(VMID);
  await host.until(() => !guests(host).has(VMID));
});

Deno.test("a guest that no self-test can be done on is refused, and told that one can be made", async () => {
  await using host = await runEngine();
  await host.until(() => host.engine.phase === "running");
  const error = await assertRejects(() => host.desk.selftest(201), FelhomError);
  assertEquals(error.code, "selftest.refused");
  assertStringIncludes(error.hint ?? "", "Leave out --vmid");
});
