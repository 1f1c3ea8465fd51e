/** A snapshot that may be the only copy of a guest's data: nothing deletes it without a signature. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { carryOutStep } from "../../src/reconcile/carry_out.ts";
import { runEngine } from "../reconcile/engine/run_engine.ts";
import { type OpenWork, openWork } from "../reconcile/support/open_work.ts";
import { startSimulator } from "../sim/mod.ts";

const VMID = 202;
const signal = new AbortController().signal;
const NAME = "felhom-own";

Deno.test("After a power cut during a rollback the snapshot stays, whoever takes the lock off", async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  const { pve } = simulator;
  await using host = await runEngine({ on: simulator });
  await host.until(() => host.engine.phase === "running");
  if (pve.world.isRunning(VMID)) pve.inject({ kind: "crash", vmid: VMID });
  const [volid = ""] = (pve.world.guest(VMID).config.options.get("rootfs") ?? "").split(",");
  const message = "lvcreate snapshot error: out of metadata";
  pve.inject({ kind: "task", type: "vzrollback", fate: { kind: "fail", message } });
  const { transaction } = await host.desk.selftest(VMID);
  await host.until(() => typeof host.desk.transaction(transaction)?.problem === "string");
  // LVM-thin removes the volume before it makes it anew.
  pve.inject({ kind: "lose-volume", volid });
  pve.inject({ kind: "lock", vmid: VMID, lock: null });
  host.engine.wake(VMID);
  await host.quiet();
  const left = [...pve.world.guest(VMID).config.snapshots.keys()];
  assertEquals(left.filter((name) => name.startsWith("felhom-")).length, 1);
  assertEquals(host.sent().filter((call) => call.startsWith("DELETE")), []);
  assertEquals(host.work.state.transactions.open(), []);
});

/** Takes a snapshot of a stopped guest, as the first step of an open transaction. @returns its time */
async function takeOwn({ work, simulator: { pve } }: OpenWork): Promise<number> {
  if (pve.world.isRunning(VMID)) pve.inject({ kind: "crash", vmid: VMID });
  const outcome = await step(work, {
    kind: "guest.snapshot",
    guest: VMID,
    params: { snapshot: NAME, description: "" },
  });
  assertEquals(outcome.kind, "succeeded", JSON.stringify(outcome));
  return work.state.snapshots.get(VMID, NAME)?.takenAt ?? 0;
}

let steps = 0;
const step = (work: OpenWork["work"], action: Action, within: "own" | null = "own") =>
  carryOutStep(work, {
    ...{ action, origin: "selftest", source: "agent", reference: "own", why: "A test has it" },
    within: within === null ? null : { transaction: within, step: steps++ },
  }, signal);

/** What the agent may do with its snapshot without a signature. */
async function mayBoth({ work }: OpenWork, taken_at: number): Promise<unknown[]> {
  const params = { snapshot: NAME, taken_at };
  const kinds = ["guest.rollback", "guest.delete_snapshot"] as const;
  return await Promise.all(kinds.map(async (kind) => {
    const action: Action = { kind, guest: VMID, params };
    const facts = await work.facts(action, signal);
    const evidence = { why: "A test has it", digest: null, observedAt: facts.now };
    const answer = work.gate.ask({
      ...{ action, origin: "recovery", source: "agent", reference: "own", transaction: "own" },
      evidence,
    }, facts);
    return answer.outcome === "pending_signature" ? answer.why : answer.outcome;
  }));
}

const ALIKE = { simulator: { scenario: "mixed", guests: 4 } } as const;

Deno.test("A start of the agent's own ends what a snapshot is good for, though it was never seen to run", async () => {
  await using open = await openWork(ALIKE);
  const takenAt = await takeOwn(open);
  assertEquals(await mayBoth(open, takenAt), ["permitted", "permitted"]);
  const fate = { kind: "fail", message: "it does not come up" } as const;
  open.simulator.pve.inject({ kind: "task", type: "vzstart", fate });
  const started = await step(open.work, { kind: "guest.start", guest: VMID, params: {} }, null);
  assertEquals(started.kind, "failed");
  for (const said of await mayBoth(open, takenAt)) {
    assertStringIncludes(String(said), "the guest has run since");
  }
});

Deno.test("A start of anybody's, known from the node's tasks alone, ends it, too, for good", async () => {
  await using open = await openWork(ALIKE);
  const takenAt = await takeOwn(open);
  const { tasks } = open.simulator.pve.world;
  const user = "root@pam";
  tasks.fork({ type: "vzstart", id: String(VMID), user }, () => Promise.resolve());
  for (const said of await mayBoth(open, takenAt)) {
    assert(/has run since|somebody else's task worked on it/.test(String(said)), String(said));
  }
  assertEquals(open.work.state.snapshots.get(VMID, NAME)?.stoppedThroughout, false);
});

Deno.test("Seen running in a list of all guests, by whoever looks, a guest has run", async () => {
  await using open = await openWork(ALIKE);
  const takenAt = await takeOwn(open);
  const { world } = open.simulator.pve;
  const guest = world.guest(VMID);
  guest.running = [...world.guests.values()].find(({ running }) => running !== undefined)?.running;
  assert(guest.running !== undefined);
  await open.work.eyes.reads.guests();
  guest.running = undefined;
  for (const said of await mayBoth(open, takenAt)) {
    assertStringIncludes(String(said), "the guest has run since");
  }
});

Deno.test("A rollback of the operator's that did not end well keeps the agent's snapshot, too", async () => {
  await using open = await openWork(ALIKE);
  const takenAt = await takeOwn(open);
  const { operations } = open.work.state;
  const params = { snapshot: NAME, taken_at: takenAt };
  const at = open.work.clock.now();
  const action: Action = { kind: "guest.rollback", guest: VMID, params };
  operations.authorise({
    action,
    ...{ id: "signed", transaction: null, vmid: VMID, origin: "job", at, evidence: {} },
  });
  operations.advance("signed", "started", { at });
  operations.advance("signed", "unknown", { at });
  for (const said of await mayBoth(open, takenAt)) {
    assertStringIncludes(String(said), "may be the only copy of the guest's data");
  }
});
