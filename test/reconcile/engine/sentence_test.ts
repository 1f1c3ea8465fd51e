import { assertEquals, assertMatch } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { runEngine, wanted } from "./run_engine.ts";

const ALIKE = { scenario: "mixed", guests: 4 } as const;

Deno.test("why tells revision, last step, and when a guest is tried next", async () => {
  const clock = new FakeClock();
  await using host = await runEngine({
    ...{ simulator: ALIKE, clock },
    prepare({ want, simulator }) {
      want(wanted(201, { state: "running" }), wanted(200, { settings: { cores: 2 } }));
      simulator.wire.faults.add({
        ...{ method: "POST" },
        fault: {
          kind: "status",
          status: 403,
          body: { data: null, message: "Permission check failed (/vms/201, VM.PowerMgmt)" },
        },
      });
    },
  });
  const { engine, desk } = host;
  await host.until(() =>
    engine.ledger.record(201)?.failures === 1 && engine.queue.busy.length === 0
  );
  assertMatch(
    desk.why(201),
    /^Guest 201 waits for its next try \(revision "1" of local; last step: start, 0 s ago, failed, .*VM\.PowerMgmt.*; next try in 2 s; queued for 0 s, due in 2 s\)\.$/,
  );
  assertEquals(desk.why(200), 'Guest 200 is as desired (revision "1" of local).');
  assertEquals(desk.why(202), "Guest 202 is left alone: no desired state names it.");
  assertEquals(desk.why(900), "Guest 900 is left alone: it is not among the managed VMIDs.");
});

Deno.test("why tells who holds a guest, and what with", async () => {
  await using host = await runEngine({
    simulator: ALIKE,
    prepare({ want, simulator: { pve } }) {
      want(wanted(201, { state: "running" }));
      pve.inject({ kind: "task", type: "vzstart", fate: { kind: "stuck" } });
    },
  });
  const { simulator: { pve } } = host;
  await host.until(() => pve.world.tasks.all().some(({ ended }) => ended === undefined));
  assertMatch(host.desk.why(201), /^Guest 201 is worked on: start, for \d+ s \(revision "1"/);
  pve.inject({ kind: "restart-daemon" });
  await host.quiet();
});

Deno.test("why tells of an operation that waits for its turn, and of a guest that is being held up", async () => {
  await using host = await runEngine({ simulator: ALIKE, parallel: 0 });
  await host.until(() => host.engine.phase === "running");
  const action: Action = { kind: "guest.start", guest: 201, params: {} };
  const taken = await host.desk.request({ action, why: "asked for" });
  assertEquals(taken.outcome, "authorised");
  assertMatch(
    host.desk.why(201),
    /^Guest 201 waits for a worker to do its guest\.start \(operation [-0-9a-f]+\) \(queued for \d+ s\)\.$/,
  );
  await host.stop();
  assertMatch(host.desk.why(201), /waits for the next start: the agent is being stopped/);
});

Deno.test("why tells what keeps an operation, or what is half made, from getting on", async () => {
  const backup = (guest: number): Action => ({
    kind: "guest.backup",
    guest,
    params: { storage: "local", mode: "snapshot", compress: "zstd", notes: "", protected: false },
  });
  await using host = await runEngine({
    simulator: ALIKE,
    prepare({ simulator: { pve } }) {
      pve.inject({ kind: "task", type: "vzdump", fate: { kind: "stuck" } });
    },
  });
  const { desk, engine, simulator: { pve }, work } = host;
  await host.until(() => engine.phase === "running");
  await desk.request({ action: backup(200), why: "asked for" });
  await host.until(() => pve.world.tasks.all().some(({ ended }) => ended === undefined));
  await desk.request({ action: backup(202), why: "asked for" });
  await host.until(() => engine.obstacle(202) !== null);
  assertMatch(
    desk.why(202),
    /^Guest 202 waits with its guest\.backup \(operation .*\): the node makes one backup at a time/,
  );
  pve.inject({ kind: "restart-daemon" });
  await host.quiet();
  assertEquals(engine.obstacle(202), null);

  const snapshot: Action = {
    kind: "guest.snapshot",
    guest: 201,
    params: { snapshot: "felhom-half", description: "" },
  };
  const outcome = await carryOutStep(work, {
    ...{ action: snapshot, origin: "selftest", source: "control socket", reference: "half" },
    ...{ why: "Somebody asks", within: { transaction: "half", step: 0 } },
  }, new AbortController().signal);
  assertEquals(outcome.kind, "succeeded");
  // A deletion of the agent's own that was broken off leaves its lock; anybody else's ends the claim.
  const at = work.clock.now();
  const action: Action = {
    kind: "guest.delete_snapshot",
    guest: 201,
    params: { snapshot: "felhom-half", taken_at: 1 },
  };
  work.state.operations.authorise({
    ...{ id: "broken", transaction: null, vmid: 201, action, origin: "job", at, evidence: {} },
  });
  work.state.operations.advance("broken", "started", { at });
  work.state.operations.advance("broken", "failed", { at });
  pve.inject({ kind: "lock", vmid: 201, lock: "snapshot-delete" });
  engine.wake(201);
  await host.until(() => engine.obstacle(201) !== null && engine.queue.holder(201) === null);
  assertMatch(
    desk.why(201),
    /^Guest 201 waits with what was begun: Guest 201 is locked \(snapshot-delete\)/,
  );
  pve.inject({ kind: "lock", vmid: 201, lock: null });
  await host.until(() => work.state.transactions.get("half")?.outcome === "rolled_back");
});

Deno.test("why names the last request when it was given up, and no longer once a later one was taken", async () => {
  await using host = await runEngine({ simulator: ALIKE, parallel: 0 });
  const { desk, work: { state, clock } } = host;
  await host.until(() => host.engine.phase === "running");
  const action: Action = { kind: "guest.stop", guest: 201, params: {} };
  const authorise = (id: string, origin: "job" | "desired") =>
    state.operations.authorise({
      ...{ id, transaction: null, vmid: 201, action, origin, at: clock.now() },
      evidence: { why: "", digest: null, observedAt: 1, source: "hub", reference: "1" },
    });
  authorise("given-up", "job");
  const detail = { why: "Its time is over" };
  state.operations.advance("given-up", "abandoned", { at: clock.now(), detail });
  authorise("drift", "desired");
  state.operations.advance("drift", "abandoned", { at: clock.now(), detail: { why: "A restart" } });
  assertMatch(
    desk.why(201),
    /last request: guest\.stop \(operation given-up\), given up \d+ s ago, its time is over/,
  );
  authorise("taken", "job");
  assertEquals(desk.why(201).includes("given up"), false);
});
