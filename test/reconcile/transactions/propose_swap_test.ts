import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseDocument } from "../../../src/authz/mod.ts";
import type { Place } from "../../../src/gate/mod.ts";
import { proposeSwap } from "../../../src/reconcile/transactions/propose_swap.ts";
import { openWork } from "../support/open_work.ts";

const SWAP = { guest: 201, newVmid: 251, operation: "restored" };

Deno.test("after a restore the old guest's destruction waits for a signature, and says for whom", async () => {
  await using open = await openWork();
  const { work, simulator } = open;
  const signal = new AbortController().signal;
  assertEquals(await proposeSwap(work, SWAP, signal), "pending_signature");
  assertEquals(await proposeSwap(work, SWAP, signal), "pending_signature", "asked again");
  const [wish, ...others] = work.state.pending.list(work.clock.now());
  assertEquals(others, []);
  assertEquals([wish?.kind, wish?.vmid, wish?.source], ["guest.destroy", 201, "agent"]);
  assertStringIncludes(wish?.reason ?? "", "to VMID 251");
  const { document } = parseDocument(new TextEncoder().encode(wish?.document ?? ""));
  assertEquals([document.op, document.guest], ["guest.destroy", 201]);
  assertStringIncludes(document.reason, "to VMID 251");
  assertEquals(simulator.pve.world.guests.has(201), true);
  assertEquals(work.state.operations.list(), []);
});

Deno.test("the evidence is the guest's configuration as it was read, and none where there is none to read", async () => {
  await using open = await openWork();
  const { work } = open;
  const action = { kind: "guest.destroy", guest: 201, params: { purge: false } } as const;
  const signal = new AbortController().signal;
  const facts = await work.facts(action, signal);
  assert(facts.place.kind === "here" && facts.place.guest.config !== null);
  const { guest, guest: { config } } = facts.place;
  const digests: unknown[] = [];
  const ask = work.gate.ask.bind(work.gate);
  work.gate.ask = (intent, known) => {
    digests.push(intent.evidence.digest);
    return ask(intent, known);
  };
  const places: readonly Place[] = [
    facts.place,
    { kind: "here", guest: { ...guest, config: null } },
    { kind: "unknown" },
  ];
  for (const place of places) {
    const read = () => Promise.resolve({ ...facts, place });
    await proposeSwap({ ...work, facts: read }, SWAP, signal);
  }
  assertEquals(digests, [config?.digest, null, null]);
});
