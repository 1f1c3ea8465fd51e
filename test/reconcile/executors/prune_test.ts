import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ActionOf } from "../../../src/action/mod.ts";
import { prune } from "../../../src/reconcile/executors/prune.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";
import { actionOf, carry, factsNow, refusal } from "./support/carry.ts";
import { until } from "../../sim/wire/until.ts";

/** Deletes the backups of guest 201: two of them are there. */
function pruning(backups: readonly string[]): ActionOf<"guest.prune"> {
  return actionOf({ kind: "guest.prune", guest: 201, params: { backups } });
}

const ABSENT = "local:backup/vzdump-lxc-201-2020_01_01-00_00_00.tar.zst";

Deno.test("Named backups are deleted, and no others", async () => {
  await using on = await openWork();
  const [older = "", newer = ""] = volids(on);
  assertEquals((await carry(prune, pruning([older]), { on })).effect, { seen: "done" });
  assertEquals(volids(on), [newer]);
});

Deno.test("Several backups are deleted one after the other; what is not there is passed over", async () => {
  await using on = await openWork();
  const { effect, before } = await carry(prune, pruning([ABSENT, ...volids(on)]), { on });
  assertEquals(effect, { seen: "done" });
  assertEquals(JSON.parse(JSON.stringify(before)).there.length, 2);
  assertEquals(volids(on), []);
  assertEquals(deletions(on).length, 2);
});

Deno.test("The first deletion that fails ends it, and what stays is named", async () => {
  await using on = await openWork();
  const [older = "", newer = ""] = volids(on);
  on.simulator.wire.faults.add({
    method: "DELETE",
    nth: 2,
    fault: { kind: "status", status: 403, reason: "Permission check failed" },
  });
  const { effect, thrown } = await carry(prune, pruning([older, newer]), { on });
  assertEquals(thrown?.retry, "never");
  assertStringIncludes(thrown?.message ?? "", `; deleted before: ${older}`);
  assertEquals(effect, {
    seen: "other",
    why: `Still there: ${newer}; no task of it is to be found`,
  });
});

Deno.test("A task that fails stops it before the next one", async () => {
  await using on = await openWork();
  on.simulator.pve.inject({
    kind: "task",
    type: "imgdel",
    fate: { kind: "fail", message: "busy" },
  });
  const { effect, thrown } = await carry(prune, pruning(volids(on)), { on });
  assertEquals([thrown?.code, thrown?.retry], ["task.failed", "never"]);
  assertEquals(effect.seen, "nothing");
  assertEquals(deletions(on).length, 1);
});

Deno.test("What is not sure is never told as a refusal, wherever it stopped", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const all = volids(on);
  // Its task runs, and nobody may look at it any more.
  faults.add({ id: "blind", path: "/tasks/.*/status$", fault: { kind: "status", status: 403 } });
  const blind = await carry(prune, pruning(all), { on, verifying: () => untilIdle(on) });
  assertEquals([blind.thrown?.code, blind.thrown?.retry], ["proxmox.forbidden", "unknown"]);
  assertEquals(blind.effect.seen, "other");
  faults.clear();
  on.simulator.pve.inject({ kind: "task", type: "imgdel", fate: { kind: "stuck" } });
  const killed = await carry(prune, pruning(volids(on)), {
    on,
    sending: () => void killNext(on),
  });
  assertEquals([killed.thrown?.code, killed.thrown?.retry], ["task.unknown", "unknown"]);
  assertEquals(killed.effect.seen, "nothing");
});

Deno.test("A second deletion that may have arrived is not told as a refusal", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ method: "DELETE", nth: 2, fault: { kind: "reset_before" } });
  const lost = await carry(prune, pruning(volids(on)), { on });
  assertEquals(lost.thrown?.retry, "unknown");
  assertEquals(lost.effect.seen, "other");
});

Deno.test("A deletion that never arrived left the backups; one whose answer is lost did not", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  const all = volids(on);
  const id = faults.add({ method: "DELETE", fault: { kind: "reset_before" } });
  assertEquals((await carry(prune, pruning(all), { on })).effect.seen, "nothing");
  assertEquals(volids(on), all);
  faults.remove(id);
  faults.add({ method: "DELETE", nth: 2, fault: { kind: "reset_after" } });
  const { effect } = await carry(prune, pruning(all), {
    on,
    verifying: () => until(() => volids(on).length === 0),
  });
  assertEquals(effect, { seen: "done" });
});

Deno.test("Nothing is deleted when one is protected, none is there, or the guest is another one", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const [older = "", newer = ""] = volids(on);
  const action = pruning([older, newer]);
  const facts = await factsNow(on.work, action);
  const file = pve.world.storage("local").backup(newer);
  if (file !== undefined) file.protected = true;
  assertEquals(await refusal(prune, action, { on }), {
    why: `Protected, and kept: ${newer}`,
    passes: false,
  });
  assertEquals(await refusal(prune, pruning([ABSENT]), { on }), {
    why: "None of these backups of guest 201 is there",
    passes: false,
  });
  pve.inject({ kind: "lock", vmid: 201, lock: "backup" });
  assertEquals((await refusal(prune, action, { on })).passes, true);
  const net0 = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:AA,type=veth";
  pve.inject({ kind: "change-config", vmid: 201, set: { net0 } });
  assertEquals((await refusal(prune, action, { on, facts })).passes, false);
});

Deno.test("The tasks of a deletion bear the guest's number and the name of one of the storages", () => {
  assertEquals(prune.taskIds?.(pruning([ABSENT])), ["201@local"]);
  const elsewhere = ABSENT.replace("local:", "archive:");
  const later = ABSENT.replace("2020", "2021");
  assertEquals(prune.taskIds?.(pruning([ABSENT, elsewhere, later])), [
    ...["201@local", "201@archive"],
  ]);
});

/** Backups of guest 201, the oldest first. */
function volids({ simulator: { pve } }: OpenWork): string[] {
  return pve.world.storage("local").backups().filter(({ vmid }) => vmid === 201)
    .map(({ volid }) => volid).toSorted();
}

async function untilIdle({ simulator: { pve } }: OpenWork): Promise<void> {
  await until(() => pve.world.tasks.all().every((task) => task.ended !== undefined));
}

/** Kills the next task that runs, as a restart of pvedaemon does. */
async function killNext({ simulator: { pve } }: OpenWork): Promise<void> {
  await until(() => pve.world.tasks.all().some((task) => task.ended === undefined));
  pve.inject({ kind: "restart-daemon" });
}

function deletions({ simulator: { wire } }: OpenWork) {
  return wire.log.rows(0).filter(({ method }) => method === "DELETE");
}
