import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseDocument } from "../../../src/authz/mod.ts";
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
