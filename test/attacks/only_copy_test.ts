/** A snapshot that may be the only copy of a guest's data: nothing deletes it without a signature. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { carryOutStep } from "../../src/reconcile/carry_out.ts";
import { compensate } from "../../src/reconcile/transactions/compensate.ts";
import { type OpenWork, openWork } from "../reconcile/support/open_work.ts";

const VMID = 202;
const signal = new AbortController().signal;
const NAME = "felhom-own";

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
  const [taking, deleting] = await mayBoth(open, takenAt);
  assertStringIncludes(String(taking), "but the guest is no scratch of its own");
  assertEquals(deleting, "permitted");
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

/** A rollback of the operator's, signed, that began and whose end nobody knows. */
function breakRollback(
  { work: { state: { operations }, clock } }: OpenWork,
  taken_at: number,
): void {
  const at = clock.now();
  const action: Action = {
    kind: "guest.rollback",
    guest: VMID,
    params: { snapshot: NAME, taken_at },
  };
  operations.authorise({
    action,
    ...{ id: "signed", transaction: null, vmid: VMID, origin: "job", at, evidence: {} },
  });
  operations.advance("signed", "started", { at });
  operations.advance("signed", "unknown", { at });
}

Deno.test("A rollback of the operator's that did not end well keeps the agent's snapshot, too", async () => {
  await using open = await openWork(ALIKE);
  const takenAt = await takeOwn(open);
  breakRollback(open, takenAt);
  for (const said of await mayBoth(open, takenAt)) {
    assertStringIncludes(String(said), "may be the only copy of the guest's data");
  }
});

Deno.test("After a power cut during a rollback the snapshot stays, whoever takes the lock off", async () => {
  await using open = await openWork(ALIKE);
  const { work, simulator: { pve } } = open;
  const takenAt = await takeOwn(open);
  breakRollback(open, takenAt);
  // LVM-thin removes the volume before it makes it anew.
  const [volid = ""] = (pve.world.guest(VMID).config.options.get("rootfs") ?? "").split(",");
  pve.inject({ kind: "lose-volume", volid });
  assertEquals(await compensate(work, "own", signal), "rolled_back");
  assertEquals([...pve.world.guest(VMID).config.snapshots.keys()].includes(NAME), true);
  const sent = pve.world.tasks.all().filter(({ type }) => type === "vzdelsnapshot");
  assertEquals(sent.filter(({ id }) => id === String(VMID)), []);
  assertEquals(work.state.transactions.open(), []);
});

Deno.test("Where the tasks of others cannot be seen, the agent's snapshot stays: a rollback may have failed", async () => {
  await using open = await openWork(ALIKE);
  const { work, simulator: { pve } } = open;
  const takenAt = await takeOwn(open);
  const { permissions } = work.eyes.reads;
  work.eyes.reads.permissions = () => Promise.resolve({});
  const params = { snapshot: NAME, taken_at: takenAt };
  const deleting: Action = { kind: "guest.delete_snapshot", guest: VMID, params };
  const denied = await step(work, deleting);
  assertEquals([denied.kind, "outcome" in denied && denied.outcome], [
    "denied",
    "pending_signature",
  ]);
  assertStringIncludes("why" in denied ? denied.why : "", "nothing proves that nobody has used it");
  assertEquals(pve.world.guest(VMID).config.snapshots.has(NAME), true);
  work.eyes.reads.permissions = permissions;
  assertEquals((await step(work, deleting)).kind, "succeeded", "else it may");
});

Deno.test("What somebody begins after the gate has looked keeps the agent's snapshot, too", async () => {
  await using open = await openWork(ALIKE);
  const { simulator: { pve: { world } } } = open;
  const takenAt = await takeOwn(open);
  const params = { snapshot: NAME, taken_at: takenAt };
  const work: typeof open.work = {
    ...open.work,
    async facts(action, until) {
      const facts = await open.work.facts(action, until);
      const user = "root@pam";
      world.tasks.fork({ type: "vzstart", id: String(VMID), user }, () => Promise.resolve());
      return facts;
    },
  };
  const outcome = await step(work, { kind: "guest.delete_snapshot", guest: VMID, params });
  assertEquals(outcome.kind, "not_begun");
  assertStringIncludes("why" in outcome ? outcome.why : "", "worked on it meanwhile: UPID:");
  assertEquals(world.guest(VMID).config.snapshots.has(NAME), true);
  assertEquals(open.work.state.snapshots.get(VMID, NAME)?.stoppedThroughout, false);
});

Deno.test("A task that is begun while facts are read is among them", async () => {
  await using open = await openWork(ALIKE);
  const { work, simulator: { pve: { world } } } = open;
  const takenAt = await takeOwn(open);
  const { guestSnapshots } = work.eyes.reads;
  work.eyes.reads.guestSnapshots = async (...asked) => {
    const rows = await guestSnapshots(...asked);
    await new Promise((resolve) => setTimeout(resolve, 20));
    world.tasks.fork(
      { type: "vzstart", id: String(VMID), user: "root@pam" },
      () => Promise.resolve(),
    );
    return rows;
  };
  const params = { snapshot: NAME, taken_at: takenAt };
  const facts = await work.facts({ kind: "guest.delete_snapshot", guest: VMID, params }, signal);
  assertEquals(facts.since?.tasks.kind === "complete" && facts.since.tasks.foreign.length, 1);
});
