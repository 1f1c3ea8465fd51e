import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ActionOf } from "../../../src/action/mod.ts";
import { settings } from "../../../src/reconcile/executors/settings.ts";
import { withOptions, withPending } from "../../sim/pve/world/config_change.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";
import { actionOf, carry, factsNow, refusal } from "./support/carry.ts";

type Params = ActionOf<"guest.settings">["params"];

/** Guest 210 runs with one or two cores and 1024 MiB. */
function change(set: Params["set"], unset: Params["unset"] = []): ActionOf<"guest.settings"> {
  return actionOf({ kind: "guest.settings", guest: 210, params: { set, unset } });
}

const EVERYTHING = change({
  cores: 3,
  cpulimit: 1.5,
  cpuunits: 200,
  memory: 2048,
  swap: 256,
  onboot: false,
  startup: "up=5,order=2".split(",").toReversed().join(","),
  description: "Shop\nof the bakery\n",
  tags: ["web", "customer"],
});

Deno.test("Changed settings are read back, and the former ones are kept", async () => {
  await using on = await openWork();
  const { effect, before } = await carry(settings, EVERYTHING, { on });
  assertEquals(effect, { seen: "done" });
  const { live, next } = JSON.parse(JSON.stringify(before));
  assertEquals(Object.keys(live).length, 9);
  assertEquals([live.cores, live.memory, live.startup, live.tags], [
    2,
    1024,
    null,
    ["customer", "felhom"],
  ]);
  assertEquals(next, {});
});

Deno.test("Settings that go back to their default are read back", async () => {
  await using on = await openWork();
  await carry(settings, EVERYTHING, { on });
  const unset: Params["unset"] = [
    "cores",
    "cpulimit",
    "cpuunits",
    "swap",
    "onboot",
    "startup",
    "description",
    "tags",
  ];
  assertEquals((await carry(settings, change({}, unset), { on })).effect, { seen: "done" });
});

Deno.test("A change that waits for the next start is done, and says so", async () => {
  await using on = await openWork();
  const { effect } = await carry(settings, change({ cores: 3 }), {
    on,
    // As Proxmox leaves it when the value cannot be had live.
    verifying: () => leavePending(on, { cores: "3" }, { cores: "2" }),
  });
  assertEquals(effect, { seen: "done", detail: { pending: ["cores"] } });
});

Deno.test("A change that is saved although it answers 500 is done", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({
    method: "PUT",
    fault: { kind: "status", status: 500, reason: "bridge 'vmbr7' does not exist", run: true },
  });
  const { effect, thrown } = await carry(settings, change({ memory: 2048 }), { on });
  assertEquals(thrown?.retry, "unknown");
  assertEquals(effect, { seen: "done" });
});

Deno.test("A change whose bridge is missing is saved by Proxmox itself, and done", async () => {
  await using on = await openWork();
  const net0 = "name=eth0,bridge=vmbr7,hwaddr=BC:24:11:AA:AA:AA,type=veth";
  on.simulator.pve.inject({ kind: "change-config", vmid: 210, set: { net0 } });
  const { effect, thrown } = await carry(settings, change({ memory: 2048 }), { on });
  assertStringIncludes(thrown?.message ?? "", "vmbr7");
  assertEquals(effect, { seen: "done" });
});

Deno.test("A change whose answer is lost is done when it arrived, and nothing when it did not", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const id = faults.add({ method: "PUT", fault: { kind: "reset_after" } });
  assertEquals((await carry(settings, change({ memory: 2048 }), { on })).effect, { seen: "done" });
  faults.remove(id);
  faults.add({ method: "PUT", fault: { kind: "reset_before" } });
  assertEquals((await carry(settings, change({ memory: 4096, cores: 2 }), { on })).effect, {
    seen: "nothing",
    why: "memory is 2048 MiB; no task of it is to be found",
  });
  assertEquals((await carry(settings, change({}, ["cores"]), { on })).effect, {
    seen: "nothing",
    why: "cores is 2; no task of it is to be found",
  });
});

Deno.test("A change to what a guest has already is done", async () => {
  await using on = await openWork();
  assertEquals((await carry(settings, change({ memory: 1024 }), { on })).effect, { seen: "done" });
});

Deno.test("A part of a change, or a change of somebody else's, is something else", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ method: "PUT", fault: { kind: "reset_before" } });
  const action = change({ memory: 2048, cores: 4 });
  const part = await carry(settings, action, {
    on,
    verifying: () => set(on, { memory: "2048" }),
  });
  assertEquals(part.effect, { seen: "other", why: "cores is 2; no task of it is to be found" });
  set(on, { memory: "1024" });
  const other = await carry(settings, action, { on, verifying: () => set(on, { memory: "3072" }) });
  assertEquals(other.effect.seen, "other");
});

Deno.test("A value that came to wait for the next start is not all as it was", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ method: "PUT", fault: { kind: "reset_before" } });
  const { effect } = await carry(settings, change({ cores: 4 }), {
    on,
    verifying: () => leavePending(on, { cores: "8" }, {}),
  });
  assertEquals(effect.seen, "other");
});

Deno.test("What waited before the change and waits still is as it was", async () => {
  await using on = await openWork();
  leavePending(on, { cores: "8" }, {});
  on.simulator.wire.faults.add({ method: "PUT", fault: { kind: "reset_before" } });
  const { effect, before } = await carry(settings, change({ cores: 4 }), { on });
  assertEquals(effect.seen, "nothing");
  assertEquals(JSON.parse(JSON.stringify(before)).next, { cores: 8 });
});

Deno.test("A configuration that changes in the last moment is left alone by Proxmox", async () => {
  await using on = await openWork();
  const { effect, thrown } = await carry(settings, change({ memory: 2048 }), {
    on,
    sending: () => set(on, { hostname: "bakery" }),
  });
  assertEquals(thrown?.code, "proxmox.modified");
  assertEquals(effect.seen, "nothing");
});

Deno.test("Another guest under the VMID is not called changed, whatever its settings", async () => {
  await using on = await openWork();
  const net0 = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:AA,type=veth";
  const { effect } = await carry(settings, change({ memory: 2048 }), {
    on,
    verifying: () => set(on, { net0 }),
  });
  assertEquals(effect, { seen: "other", why: "Guest 210 is another one now" });
  const gone = await carry(settings, change({ memory: 1024 }), {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "vanish", vmid: 210 }),
  });
  assertEquals(gone.effect, { seen: "other", why: "There is no guest 210 on this node any more" });
});

Deno.test("Settings are not sent to a guest that is locked, was changed, replaced or is gone", async () => {
  await using on = await openWork();
  const action = change({ memory: 2048 });
  const facts = await factsNow(on.work, action);
  const { pve } = on.simulator;
  pve.inject({ kind: "lock", vmid: 210, lock: "backup" });
  assertEquals(await refusal(settings, action, { on }), {
    why: "Guest 210 is locked (backup)",
    passes: true,
  });
  assertEquals(await refusal(settings, action, { on, facts }), {
    why: "The configuration of guest 210 has changed meanwhile",
    passes: true,
  });
  set(on, { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:AA,type=veth" });
  assertEquals(await refusal(settings, action, { on, facts }), {
    why: "Guest 210 is another one now",
    passes: false,
  });
  assert(facts.place.kind === "here");
  const unread = {
    ...facts,
    place: { ...facts.place, guest: { ...facts.place.guest, config: null } },
  };
  assertEquals((await refusal(settings, action, { on, facts: unread })).passes, true);
  pve.inject({ kind: "vanish", vmid: 210 });
  assertEquals(await refusal(settings, action, { on, facts }), {
    why: "There is no guest 210 on this node any more",
    passes: false,
  });
});

Deno.test("What is known about another guest, or about none, is no ground for anything", async () => {
  await using on = await openWork();
  const action = change({ memory: 2048 });
  const facts = await factsNow(on.work, action);
  const why = "What is known is not about guest 210";
  for (const known of [{ subject: 201 }, { place: { kind: "elsewhere" } as const }]) {
    assertEquals(await refusal(settings, action, { on, facts: { ...facts, ...known } }), {
      why,
      passes: false,
    });
  }
  assertEquals((await settings.check(action, facts, on.work.eyes)).holds, true);
});

Deno.test("What the journal does not give back as it was written is no ground for anything", async () => {
  await using on = await openWork();
  const story = { before: { cut: "{" }, ending: { how: "answered" } } as const;
  const effect = await settings.verify(change({ memory: 2048 }), story, on.work.eyes);
  assertEquals(effect.seen, "other");
});

function set(on: OpenWork, options: Readonly<Record<string, string>>): void {
  const guest = on.simulator.pve.world.guest(210);
  guest.config = withOptions(guest.config, options);
}

/** Lets values of guest 210 wait for its next start; others are in force. */
function leavePending(
  on: OpenWork,
  pending: Readonly<Record<string, string>>,
  live: Readonly<Record<string, string>>,
): void {
  const guest = on.simulator.pve.world.guest(210);
  const values = new Map(Object.entries(pending));
  guest.config = withPending(withOptions(guest.config, live), values, new Set());
}
