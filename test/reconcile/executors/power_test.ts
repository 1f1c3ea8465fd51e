import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { asUpid } from "../../../src/proxmox/mod.ts";
import { restart } from "../../../src/reconcile/executors/restart.ts";
import { shutdown } from "../../../src/reconcile/executors/shutdown.ts";
import type { Effect } from "../../../src/reconcile/executors/executor.ts";
import { start } from "../../../src/reconcile/executors/start.ts";
import { stop } from "../../../src/reconcile/executors/stop.ts";
import { withPending } from "../../sim/pve/world/config_change.ts";
import { until } from "../../sim/wire/until.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";
import { actionOf, carry, factsNow, refusal } from "./support/carry.ts";

/** Stopped in the scenario. */
const START = actionOf({ kind: "guest.start", guest: 230, params: {} });
/** Running in the scenario. */
const STOP = actionOf({ kind: "guest.stop", guest: 210, params: {} });
const SHUTDOWN = actionOf({
  kind: "guest.shutdown",
  guest: 210,
  params: { timeout: 60, then_kill: false },
});
const RESTART = actionOf({ kind: "guest.restart", guest: 210, params: { timeout: 60 } });
const STATUS = "/nodes/{node}/lxc/{vmid}/status/current";

/** What is seen, but for the row that it was seen by. */
function told(effect: Effect): Effect {
  if (effect.seen !== "done") return effect;
  const { row: _row, ...rest } = effect;
  return rest;
}

Deno.test("Starting a guest is done when it runs, and its start is written down before", async () => {
  await using on = await openWork();
  const { effect, before } = await carry(start, START, { on });
  assertEquals(told(effect), { seen: "done" });
  assertEquals(effect.seen === "done" ? effect.row?.status : effect, "running");
  assertEquals(before, { pid: null });
  assertEquals(start.tracesAtStart?.(START), [{ kind: "guest_started", vmid: 230 }]);
});

Deno.test("A start whose warnings are many is a start", async () => {
  await using on = await openWork();
  on.simulator.pve.inject({
    kind: "task",
    type: "vzstart",
    fate: { kind: "warn", message: "old" },
  });
  const { effect, ending } = await carry(start, START, { on });
  assertEquals(told(effect), { seen: "done" });
  assertEquals(ending.how === "task" ? ending.result.warnings : [], ["old"]);
});

Deno.test("A start whose answer is lost is seen by the guest that runs", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ path: "/status/start$", fault: { kind: "reset_after" } });
  const { effect, thrown } = await carry(start, START, {
    on,
    verifying: () => untilIs(on, 230, { running: true }),
  });
  assertEquals(thrown?.retry, "unknown");
  assertEquals(told(effect), { seen: "done" });
});

Deno.test("A start that never arrived, and one whose task failed, left all as it was", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const id = faults.add({ path: "/status/start$", fault: { kind: "reset_before" } });
  const lost = await carry(start, START, { on });
  assertEquals(lost.effect.seen, "nothing");
  faults.remove(id);
  on.simulator.pve.inject({ kind: "task", fate: { kind: "fail", message: "no room" } });
  const failed = await carry(start, START, { on });
  assertEquals(failed.effect.seen, "nothing");
  assertStringIncludes("why" in failed.effect ? failed.effect.why : "", "no room");
});

Deno.test("A guest that died right after its start is not called started", async () => {
  await using on = await openWork();
  const { effect } = await carry(start, START, {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "crash", vmid: 230 }),
  });
  assertEquals(effect, {
    seen: "other",
    why: "Guest 230 is stopped, although its task ended well",
  });
});

Deno.test("A guest that vanishes while it is started is seen as something else", async () => {
  await using on = await openWork();
  const { effect } = await carry(start, START, {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "vanish", vmid: 230 }),
  });
  assertEquals(effect, { seen: "other", why: "There is no guest 230 on this node any more" });
});

Deno.test("A guest is not started twice, nor as a template, nor against high availability", async () => {
  await using on = await openWork();
  const { pve, wire } = on.simulator;
  const running = actionOf({ ...START, guest: 210 });
  assertEquals(await refusal(start, running, { on }), {
    why: "Guest 210 is running already",
    passes: false,
  });
  pve.inject({ kind: "change-config", vmid: 230, set: { template: "1" } });
  assertEquals(await refusal(start, START, { on }), {
    why: "Guest 230 is a template, which cannot be started",
    passes: false,
  });
  const data = { vmid: 210, status: "running", name: "bakery-shop", ha: { managed: 1 }, pid: 7 };
  wire.faults.add({ route: STATUS, fault: { kind: "status", status: 200, body: { data } } });
  assertEquals(await refusal(stop, STOP, { on }), {
    why: "High availability decides whether guest 210 runs: set its state there",
    passes: false,
  });
});

Deno.test("A wish that high availability took is done when the guest is seen to run, not before", async () => {
  await using on = await openWork();
  const upid = asUpid("UPID:pve:000018E7:000305BB:6B00E21F:hastart:230:felhom@pve!agent:");
  const result = { upid, outcome: "ok", exitstatus: "OK", warnings: [], tail: [] } as const;
  const story = { before: { pid: null }, ending: { how: "task", result } } as const;
  assertEquals(await start.verify(START, story, on.work.eyes), {
    seen: "other",
    why: "High availability was asked, and guest 230 is not running yet",
  });
  await carry(start, START, { on });
  assertEquals(told(await start.verify(START, story, on.work.eyes)), { seen: "done" });
});

Deno.test("A node that is not found is no guest that is gone", async () => {
  await using on = await openWork();
  const message = "hostname lookup 'demo' failed - failed to get address info for: demo";
  on.simulator.wire.faults.add({
    method: "GET",
    path: "/lxc/",
    fault: { kind: "status", status: 500, reason: message, body: { data: null, message } },
  });
  const story = { before: { pid: null }, ending: { how: "lost" } } as const;
  await assertRejects(() => start.verify(START, story, on.work.eyes), FelhomError, "hostname");
});

Deno.test("What the permit was given for is looked at again before a guest is started", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const facts = await factsNow(on.work, START);
  pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  const locked = await factsNow(on.work, START);
  assertEquals(await refusal(start, START, { on, facts: locked }), {
    why: "Guest 230 is locked (backup)",
    passes: true,
  });
  pve.inject({ kind: "lock", vmid: 230, lock: null });
  pve.inject({ kind: "change-config", vmid: 230, set: { cores: "3" } });
  assertEquals(await refusal(start, START, { on, facts }), {
    why: "The configuration of guest 230 has changed meanwhile",
    passes: true,
  });
  const net0 = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:AA,type=veth";
  pve.inject({ kind: "change-config", vmid: 230, set: { net0 } });
  assertEquals(await refusal(start, START, { on, facts }), {
    why: "Guest 230 is another one now",
    passes: false,
  });
  const renewed = await factsNow(on.work, START);
  await carry(start, START, { on });
  assertEquals(await refusal(start, START, { on, facts: renewed }), {
    why: "Guest 230 runs now, which it did not before",
    passes: true,
  });
  pve.inject({ kind: "vanish", vmid: 230 });
  assertEquals(await refusal(start, START, { on, facts: renewed }), {
    why: "There is no guest 230 on this node any more",
    passes: false,
  });
});

Deno.test("A mounted guest may be started and stopped, and not shut down", async () => {
  await using on = await openWork();
  on.simulator.pve.inject({ kind: "lock", vmid: 230, lock: "mounted" });
  on.simulator.pve.inject({ kind: "lock", vmid: 210, lock: "mounted" });
  assertEquals(told((await carry(start, START, { on })).effect), { seen: "done" });
  assertEquals((await refusal(shutdown, SHUTDOWN, { on })).why, "Guest 210 is locked (mounted)");
  assertEquals((await refusal(restart, RESTART, { on })).why, "Guest 210 is locked (mounted)");
  assertEquals(told((await carry(stop, STOP, { on })).effect), { seen: "done" });
});

Deno.test("A guest whose configuration nobody could read can be stopped and started all the same", async () => {
  await using on = await openWork();
  const known = await factsNow(on.work, STOP);
  if (known.place.kind !== "here") throw new Error("It is here");
  const facts = {
    ...known,
    place: { ...known.place, guest: { ...known.place.guest, config: null } },
  };
  on.simulator.wire.faults.add({
    path: "/210/(config|pending)$",
    fault: { kind: "status", status: 500, reason: "broken" },
  });
  const checked = await stop.check(STOP, facts, on.work.eyes);
  assertEquals(checked.holds, true);
  assertEquals((await restart.check(RESTART, facts, on.work.eyes)).holds, true);
});

Deno.test("Stopping and shutting down are done when the guest is stopped", async () => {
  await using on = await openWork();
  assertEquals(told((await carry(stop, STOP, { on })).effect), { seen: "done" });
  const other = actionOf({ ...SHUTDOWN, guest: 201 });
  assertEquals(told((await carry(shutdown, other, { on })).effect), { seen: "done" });
  assertEquals(await refusal(stop, STOP, { on }), {
    why: "Guest 210 is stopped already",
    passes: false,
  });
});

Deno.test("A guest that does not go down in time keeps running, and is killed when that is wanted", async () => {
  await using on = await openWork();
  on.simulator.pve.inject({ kind: "stubborn", vmid: 210, stubborn: true });
  const { effect } = await carry(shutdown, SHUTDOWN, { on });
  assertEquals(effect, {
    seen: "nothing",
    why: "Guest 210 is running; Cannot finish vzshutdown 210 on pve: container did not stop",
  });
  const killing = actionOf({ ...SHUTDOWN, params: { timeout: 60, then_kill: true } });
  assertEquals(told((await carry(shutdown, killing, { on })).effect), { seen: "done" });
});

Deno.test("A guest that was stopped and runs again is not called untouched", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ path: "/status/stop$", fault: { kind: "reset_after" } });
  const { effect } = await carry(stop, STOP, {
    on,
    verifying: async () => {
      await untilIs(on, 210, { running: false });
      await carry(start, actionOf({ ...START, guest: 210 }), { on });
    },
  });
  assertEquals(effect, {
    seen: "other",
    why: "Guest 210 is running, and was stopped for a while; no task of it is to be found",
  });
});

Deno.test("A restart is known by another init, and by nothing being left that waited for it", async () => {
  await using on = await openWork();
  wait(on, 210);
  const { effect, before } = await carry(restart, RESTART, { on });
  assertEquals(told(effect), { seen: "done" });
  assertEquals(Object.entries(before ?? {}).at(-1), ["pending", ["nameserver"]]);
  assertEquals(restart.tracesAtStart?.(RESTART), [{ kind: "guest_started", vmid: 210 }]);
});

Deno.test("A restart that left something waiting is not all of it", async () => {
  await using on = await openWork();
  wait(on, 210);
  const { effect } = await carry(restart, RESTART, { on, verifying: () => wait(on, 210) });
  assertEquals(effect, { seen: "other", why: "Guest 210 runs anew, but waits still: nameserver" });
});

Deno.test("What waits since a restart is none of its business", async () => {
  await using on = await openWork();
  wait(on, 210, "searchdomain");
  const { effect } = await carry(restart, RESTART, { on, verifying: () => wait(on, 210) });
  assertEquals(told(effect), { seen: "done" });
});

Deno.test("A restart that was lost or failed left the guest alone", async () => {
  await using on = await openWork();
  const id = on.simulator.wire.faults.add({ path: "/reboot$", fault: { kind: "reset_before" } });
  const lost = await carry(restart, RESTART, { on });
  assertEquals(lost.effect, {
    seen: "nothing",
    why: "Guest 210 was not restarted; no task of it is to be found",
  });
  on.simulator.wire.faults.remove(id);
  on.simulator.pve.inject({ kind: "task", fate: { kind: "fail", message: "no room" } });
  const failed = await carry(restart, RESTART, { on });
  assertEquals(failed.effect.seen, "nothing");
});

Deno.test("A guest that did not come up after its restart is seen as something else", async () => {
  await using on = await openWork();
  const { effect } = await carry(restart, RESTART, {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "crash", vmid: 210 }),
  });
  assertEquals(effect, { seen: "other", why: "Guest 210 is stopped; its task ended well" });
});

Deno.test("Only a guest that runs is restarted", async () => {
  await using on = await openWork();
  const stopped = actionOf({ ...RESTART, guest: 230 });
  assertEquals(await refusal(restart, stopped, { on }), {
    why: "Guest 230 is stopped: start it instead",
    passes: false,
  });
});

/** Waits until a guest of the simulator runs, or does not. */
async function untilIs(
  { simulator: { pve } }: OpenWork,
  vmid: number,
  { running }: { readonly running: boolean },
): Promise<void> {
  await until(() => pve.world.isRunning(vmid) === running);
}

/** Lets an option of a guest wait for its next start. */
function wait(
  { simulator: { pve } }: OpenWork,
  vmid: number,
  option: "nameserver" | "searchdomain" = "nameserver",
): void {
  const guest = pve.world.guest(vmid);
  guest.config = withPending(guest.config, new Map([[option, "9.9.9.9"]]), new Set());
}
