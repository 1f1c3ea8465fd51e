/** An old copy of the state: what it marks as the agent's own is not, after the acknowledgement either. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { acknowledge } from "../../src/reconcile/housekeeping/acknowledge.ts";
import { compensate } from "../../src/reconcile/transactions/compensate.ts";
import type { Work } from "../../src/reconcile/work.ts";
import { isScratch } from "../../src/state/mod.ts";
import { openWork } from "../reconcile/support/open_work.ts";
import { onHost, START, succeed } from "../reconcile/support/restored_host.ts";
import type { Simulator } from "../sim/mod.ts";

const VMID = 230;

Deno.test("After a restored state was acknowledged, its open transactions destroy nothing", async () => {
  await using open = await openWork();
  const { work, simulator: { pve } } = open;
  const { state, clock } = work;
  const at = clock.now();
  await markAsMade(open);
  state.instances.doubt("The node knows newer tasks", at);
  acknowledge(work);
  const made = state.guests.get(VMID);
  assert(made?.ranAt !== null && made?.scratchLostAt !== null);
  const destroy: Action = { kind: "guest.destroy", guest: VMID, params: { purge: false } };
  const signal = new AbortController().signal;
  const facts = await work.facts(destroy, signal);
  assertEquals(facts.journal, "current");
  const answer = work.gate.ask({
    ...{ action: destroy, origin: "recovery", source: "agent", reference: "old" },
    ...{ transaction: "old", evidence: { why: "A test", digest: null, observedAt: at } },
  }, facts);
  assertEquals(answer.outcome, "pending_signature");
  assertStringIncludes(
    answer.outcome === "pending_signature" ? answer.why : "",
    "found to be an old one",
  );
  await compensate(work, "old", signal);
  assert(pve.world.guests.has(VMID));
});

Deno.test("From the doubt on, an old state's open transactions and scratch marks take nothing away", async () => {
  await onHost(async (host) => {
    const { simulator, simulator: { pve, wire } } = host;
    await host.agent((work) => markAsMade({ work, simulator }));
    const putBack = await host.keep();
    await host.agent((work) => succeed(work, START));
    pve.inject({ kind: "crash", vmid: VMID });
    await putBack();
    await host.agent(async (work) => {
      const { state, clock } = work;
      assertStringIncludes(state.instances.current().doubt ?? "", ":vzstart:230:");
      // Before anybody acknowledges it.
      assertEquals(state.transactions.open(), []);
      assertEquals(state.transactions.get("old")?.outcome, "committed");
      const made = state.guests.get(VMID);
      assert(made !== undefined && made.ranAt !== null && !isScratch(made, clock.now()));
      const signal = new AbortController().signal;
      for (const acknowledged of [false, true]) {
        if (acknowledged) acknowledge(work);
        const undone = await compensate(work, "old", signal);
        assert(undone !== "rolled_back" && undone.kept);
      }
    });
    assert(pve.world.guests.has(VMID));
    assertEquals(wire.log.rows().filter(({ method }) => method === "DELETE"), []);
  });
});

/** As of the day of the copy: made, and its transaction not ended. Since then a customer works in it. */
async function markAsMade(
  { work, simulator: { pve } }: { readonly work: Work; readonly simulator: Simulator },
): Promise<void> {
  const { state, clock } = work;
  const at = clock.now();
  const action = { kind: "guest.create", guest: VMID, params: {} };
  const { options } = pve.world.guest(VMID).config;
  const [volume = ""] = options.get("rootfs")?.split(",") ?? [];
  const mac = /hwaddr=([0-9A-F:]+)/.exec(options.get("net0") ?? "")?.[1] ?? "";
  state.operations.authorise({
    ...{ id: "made", transaction: "old", vmid: VMID, action, origin: "job", evidence: {}, at },
  });
  state.operations.advance("made", "started", { at });
  state.operations.advance("made", "failed", { at });
  const { digest } = await work.eyes.reads.guestConfig(
    (await work.eyes.reads.guests()).find(({ vmid }) => vmid === VMID)?.vmid ?? never(),
  );
  state.guests.record({
    ...{ vmid: VMID, transaction: "old", operation: "made", creation: null, digest, at },
    ...{ volumes: [volume], macs: [mac], scratch: true },
  });
}

function never(): never {
  throw new Error("There is no such guest");
}
