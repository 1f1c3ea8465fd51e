/** On ZFS a guest goes back to its latest snapshot alone: nobody takes one in an operator's way. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { isVmid } from "../../src/proxmox/mod.ts";
import { openOperators } from "../authz/support/operators.ts";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { startSimulator } from "../sim/mod.ts";

const VMID = 202;

function snapshot(name: string, guest = VMID): Action {
  return { kind: "guest.snapshot", guest, params: { snapshot: name, description: "" } };
}

async function ask({ desk, work }: RunningEngine, action: Action, until: RunningEngine["until"]) {
  const taken = await desk.request({ action, why: "a hub asks" });
  await until(() => work.state.operations.unfinishedOf(VMID).length === 0);
  return taken.outcome === "refused" ? taken.code : taken.outcome;
}

async function named({ work }: RunningEngine, name: string) {
  assert(isVmid(VMID));
  const found = (await work.eyes.reads.guestSnapshots(VMID)).find((each) => each.name === name);
  assert(found?.snaptime !== undefined);
  return { snapshot: name, taken_at: found.snaptime };
}

Deno.test("A hub's snapshot uses up no signature for a rollback, and no second one comes in its way", async () => {
  const operators = await openOperators();
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  try {
    const anna = await operators.person("anna");
    await using host = await runEngine({ on: simulator, signers: { operational: anna.line() } });
    const { state } = host.work;
    await host.until(() => host.engine.phase === "running");
    const before = await named(host, "before");
    assertEquals(await ask(host, snapshot("hub-1"), host.until), "authorised");
    const rollback = await host.sign({ kind: "guest.rollback", guest: VMID, params: before }, anna);
    const refused = await host.desk.submit(rollback);
    assert(refused.outcome === "refused", JSON.stringify(refused));
    assertEquals(refused.code, "snapshot_not_latest");
    assertMatch(refused.why, /local-zfs.*hub-1 is newer than before/);

    const params = await named(host, "hub-1");
    const deletion = await host.sign(
      { kind: "guest.delete_snapshot", guest: VMID, params },
      anna,
    );
    assertEquals((await host.desk.submit(deletion)).outcome, "authorised");
    assertEquals(await ask(host, snapshot("hub-2"), host.until), "signed_work_first");
    await host.until(() => state.operations.unfinishedOf(VMID).length === 0);
    assertEquals(await ask(host, snapshot("hub-3"), host.until), "signed_work_first");

    // The very document that was refused: its nonce is not used.
    const taken = await host.desk.submit(rollback);
    assert(taken.outcome === "authorised", JSON.stringify(taken));
    await host.quiet();
    assertEquals(state.operations.get(taken.operation)?.state, "succeeded");
  } finally {
    await operators.close();
  }
});

Deno.test("While a rollback that somebody wished for waits for a signature, whoever wished takes no snapshot", async () => {
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  await using host = await runEngine({ on: simulator });
  await host.until(() => host.engine.phase === "running");
  const action = { kind: "guest.rollback", guest: VMID, params: await named(host, "before") };
  const wish = await host.desk.request({ action, why: "it is broken" });
  assertEquals(wish.outcome, "pending_signature");
  assertEquals(await ask(host, snapshot("hub-1"), host.until), "signed_work_first");
  const taken = await host.desk.request({ action: snapshot("fine", 201), why: "another guest" });
  assertEquals(taken.outcome, "authorised");
  await host.quiet();
});

Deno.test("A wish whose document was used before a crash goes when that is handed in again", async () => {
  const operators = await openOperators();
  await using simulator = await startSimulator({ scenario: "mixed", guests: 4, timeScale: 50 });
  try {
    const anna = await operators.person("anna");
    await using host = await runEngine({ on: simulator, signers: { operational: anna.line() } });
    const { state, clock } = host.work;
    await host.until(() => host.engine.phase === "running");
    const action = { kind: "guest.rollback", guest: VMID, params: await named(host, "before") };
    await host.desk.request({ action, why: "it is broken" });
    const [wish] = state.pending.list(clock.now());
    assert(wish !== undefined);
    const document = new TextEncoder().encode(wish.document);
    const submission = { document, signatures: [await anna.sign(wish.document)] };
    assertEquals((await host.desk.submit(submission)).outcome, "authorised");
    await host.quiet();
    // As when the agent died before it forgot the wish.
    const { source, kind, vmid, reason, expiresAt } = wish;
    state.pending.add({
      ...{ source, key: "k", kind, vmid, document: wish.document, reason, expiresAt },
      at: clock.now(),
    });
    const again = await host.desk.submit(submission);
    assert(again.outcome === "refused", JSON.stringify(again));
    assertEquals(again.code, "authz.replayed");
    assertEquals(state.pending.list(clock.now()), []);
  } finally {
    await operators.close();
  }
});
