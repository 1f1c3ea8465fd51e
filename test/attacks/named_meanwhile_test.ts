/** A desired state that named a guest while it was being made, and names it no more: it is not undone. */
import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../src/action/mod.ts";
import { compensate } from "../../src/reconcile/transactions/compensate.ts";
import { parseVmid } from "../../src/proxmox/mod.ts";
import { openWork } from "../reconcile/support/open_work.ts";

const VMID = 230;
const signal = new AbortController().signal;

Deno.test("A guest that was named and un-named while it was being made is kept", async () => {
  await using open = await openWork();
  const { work, simulator: { pve } } = open;
  const { state, clock } = work;
  const at = clock.now();
  const action = { kind: "guest.create", guest: VMID, params: {} };
  state.operations.authorise({
    ...{ id: "made", transaction: "t", vmid: VMID, action, origin: "job", evidence: {}, at },
  });
  state.operations.advance("made", "started", { at });
  // There is no mark yet that could be told of it.
  for (const [revision, guests] of [["1", { [VMID]: {} }], ["2", {}]] as const) {
    const document = JSON.stringify({ guests });
    state.desired.accept({
      ...{ provider: "local", revision, document, acceptedAt: at },
      digest: revision,
    });
  }
  const { options } = pve.world.guest(VMID).config;
  const { digest } = await work.eyes.reads.guestConfig(parseVmid(VMID));
  state.guests.record({
    ...{ vmid: VMID, transaction: "t", operation: "made", creation: null, digest, at },
    volumes: [options.get("rootfs")?.split(",")[0] ?? ""],
    macs: [/hwaddr=([0-9A-F:]+)/.exec(options.get("net0") ?? "")?.[1] ?? ""],
  });
  state.operations.advance("made", "failed", { at });
  const destroy: Action = { kind: "guest.destroy", guest: VMID, params: { purge: false } };
  const answer = work.gate.ask({
    ...{ action: destroy, origin: "recovery", source: "agent", reference: "t" },
    ...{ transaction: "t", evidence: { why: "A test", digest: null, observedAt: at } },
  }, await work.facts(destroy, signal));
  assertEquals(answer.outcome, "pending_signature", JSON.stringify(answer));
  assert(JSON.stringify(answer).includes("a desired state"), JSON.stringify(answer));
  await compensate(work, "t", signal);
  assert(pve.world.guests.has(VMID));
});
