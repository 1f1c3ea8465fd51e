import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseVmid } from "../../../src/proxmox/mod.ts";
import { destroy } from "../../../src/reconcile/executors/destroy.ts";
import type { Effect } from "../../../src/reconcile/executors/executor.ts";
import { emptyConfig } from "../../sim/pve/world/config_file.ts";
import { until } from "../../sim/wire/until.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";
import { actionOf, carry, factsNow, refusal } from "./support/carry.ts";

/** Stopped in the scenario. */
const DESTROY = actionOf({ kind: "guest.destroy", guest: 230, params: { purge: true } });
const GONE: Effect = { seen: "done", traces: [{ kind: "guest_gone", vmid: 230 }] };
const NET = { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:AA,type=veth" };

Deno.test("A destroyed guest is gone", async () => {
  await using on = await openWork();
  const { effect } = await carry(destroy, DESTROY, { on });
  assertEquals(effect, GONE);
  assertEquals(on.simulator.pve.world.guests.has(230), false);
  assertEquals(volumes(on), []);
});

Deno.test("A guest that changes in the last moment is not destroyed", async () => {
  await using on = await openWork();
  const { effect } = await carry(destroy, DESTROY, {
    on,
    sending: () =>
      on.simulator.pve.inject({ kind: "change-config", vmid: 230, set: { cores: "3" } }),
  });
  assertEquals(effect.seen, "nothing");
  assertEquals(deletions(on), 0);
});

Deno.test("A destroy that never arrived left the guest, although the guard was written", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ method: "DELETE", fault: { kind: "reset_before" } });
  const { effect } = await carry(destroy, DESTROY, { on });
  assertEquals(effect, {
    seen: "nothing",
    why: "Guest 230 is still there; no task of it is to be found",
  });
});

Deno.test("A destroy that Proxmox refused or failed at left the guest", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  pve.inject({ kind: "task", type: "vzdestroy", fate: { kind: "fail", message: "no quorum!" } });
  const failed = await carry(destroy, DESTROY, { on });
  assertEquals(failed.effect.seen, "nothing");
  assertStringIncludes(whyOf(failed.effect), "no quorum!");
});

Deno.test("A destroy whose answer is lost is seen by what is gone", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ method: "DELETE", fault: { kind: "reset_after" } });
  const { effect } = await carry(destroy, DESTROY, {
    on,
    verifying: () => until(() => !on.simulator.pve.world.guests.has(230)),
  });
  assertEquals(effect, GONE);
});

Deno.test("A guest that is gone and left its volumes was moved, not destroyed", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ method: "DELETE", fault: { kind: "reset_before" } });
  const { effect } = await carry(destroy, DESTROY, {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "vanish", vmid: 230 }),
  });
  assertEquals(effect, {
    seen: "other",
    why: `Guest 230 is gone, and there is still ${volumes(on)[0]}; no task of it is to be found`,
  });
});

Deno.test("What a guest mounted of others, or of the host, need not go with it", async () => {
  await using on = await openWork();
  const other = [...on.simulator.pve.world.storage("local-zfs").files.keys()]
    .find((volid) => volid.includes("-120-"));
  on.simulator.pve.inject({
    kind: "change-config",
    vmid: 230,
    set: { mp0: `${other},mp=/other`, mp1: "/srv/host,mp=/host" },
  });
  on.simulator.wire.faults.add({ method: "DELETE", fault: { kind: "reset_after" } });
  const { effect } = await carry(destroy, DESTROY, {
    on,
    verifying: () => until(() => !on.simulator.pve.world.guests.has(230)),
  });
  assertEquals(effect, GONE);
});

Deno.test("A half destroyed guest, and another one under the VMID, are seen as something else", async () => {
  await using on = await openWork();
  const { world } = on.simulator.pve;
  on.simulator.wire.faults.add({ method: "DELETE", fault: { kind: "reset_before" } });
  const replaced = await carry(destroy, DESTROY, {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "change-config", vmid: 230, set: NET }),
  });
  assertEquals(replaced.effect, { seen: "other", why: "Guest 230 is another one now" });
  const half = await carry(destroy, DESTROY, {
    on,
    verifying: () => {
      world.guest(230).config = emptyConfig([["lock", "destroyed"]]);
    },
  });
  assertStringIncludes(whyOf(half.effect), "is half destroyed, and locked");
});

Deno.test("A guest that cannot be read any more is gone only when its task says so", async () => {
  await using on = await openWork();
  const sure = await carry(destroy, DESTROY, { on, verifying: () => forbid(on) });
  assertEquals(sure.effect, GONE);
});

Deno.test("A guest that cannot be read and whose task is not to be found is not called gone", async () => {
  await using on = await openWork();
  const { wire, pve } = on.simulator;
  wire.faults.add({ method: "DELETE", fault: { kind: "reset_before" } });
  const listed = await carry(destroy, DESTROY, { on, verifying: () => forbid(on) });
  assertEquals(listed.effect, { seen: "other", why: "Guest 230 is listed, and cannot be read" });
  wire.faults.remove("forbidden");
  const unlisted = await carry(destroy, DESTROY, {
    on,
    verifying: () => {
      pve.inject({ kind: "vanish", vmid: 230 });
      forbid(on);
    },
  });
  assertEquals(unlisted.effect, {
    seen: "other",
    why: "Guest 230 cannot be read; no task of it is to be found",
  });
});

Deno.test("A guest that runs, is protected, locked, changed or another one is not destroyed", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const facts = await factsNow(on.work, DESTROY);
  assertEquals(await refusal(destroy, actionOf({ ...DESTROY, guest: 210 }), { on }), {
    why: "Guest 210 is running; only a stopped guest can be destroyed",
    passes: false,
  });
  pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  assertEquals((await refusal(destroy, DESTROY, { on })).passes, true);
  pve.inject({ kind: "lock", vmid: 230, lock: null });
  pve.inject({ kind: "change-config", vmid: 230, set: { protection: "1" } });
  assertEquals(await refusal(destroy, DESTROY, { on }), {
    why: "Guest 230 is protected; whoever set the protection decides",
    passes: false,
  });
  assertEquals(await refusal(destroy, DESTROY, { on, facts }), {
    why: "The configuration of guest 230 has changed meanwhile",
    passes: true,
  });
  pve.inject({ kind: "change-config", vmid: 230, set: NET });
  assertEquals(await refusal(destroy, DESTROY, { on, facts }), {
    why: "Guest 230 is another one now",
    passes: false,
  });
});

Deno.test("A guest that is to be protected from its next start on is not destroyed", async () => {
  await using on = await openWork();
  const { world } = on.simulator.pve;
  const guest = world.guest(230);
  guest.config = { ...guest.config, pending: new Map([["protection", "1"]]) };
  const { reads } = on.work.eyes;
  const vmid = parseVmid(230);
  assertEquals((await reads.guestConfig(vmid, { live: true })).protection, undefined);
  assertEquals((await reads.guestConfig(vmid)).protection, true);
  assertEquals(await refusal(destroy, DESTROY, { on }), {
    why: "Guest 230 is protected; whoever set the protection decides",
    passes: false,
  });
});

Deno.test("A guest whose configuration changes between the two looks at it is not destroyed", async () => {
  await using on = await openWork();
  const { reads } = on.work.eyes;
  const facts = await factsNow(on.work, DESTROY);
  // What is in force was read before the change, what is to come after it.
  const eyes = {
    ...on.work.eyes,
    reads: {
      ...reads,
      guestConfig: async (...[vmid, options]: Parameters<typeof reads.guestConfig>) => {
        const read = await reads.guestConfig(vmid, options);
        return options?.live === true ? read : { ...read, digest: "0".repeat(40) };
      },
    },
  };
  assertEquals(await destroy.check(DESTROY, facts, eyes), {
    holds: false,
    passes: true,
    why: "The configuration of guest 230 has changed meanwhile",
  });
});

function whyOf(effect: Effect): string {
  return "why" in effect ? effect.why : "";
}

/** Volumes of guest 230. */
function volumes({ simulator: { pve } }: OpenWork): string[] {
  return pve.world.storage("local-zfs").volumes().filter(({ vmid }) => vmid === 230)
    .map(({ volid }) => volid);
}

function deletions({ simulator: { wire } }: OpenWork): number {
  return wire.log.rows(0).filter(({ method }) => method === "DELETE").length;
}

/** Takes the right to read guest 230 away, as a destroy does that takes the last entry for it. */
function forbid({ simulator: { wire } }: OpenWork): void {
  const message = "Permission check failed (/vms/230, VM.Audit)";
  wire.faults.add({
    id: "forbidden",
    path: "/230/config$",
    fault: { kind: "status", status: 403, reason: message, body: { data: null, message } },
  });
}
