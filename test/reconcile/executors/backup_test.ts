import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ActionOf } from "../../../src/action/mod.ts";
import { backup } from "../../../src/reconcile/executors/backup.ts";
import { TaskError } from "../../../src/proxmox/mod.ts";
import type { Effect } from "../../../src/reconcile/executors/executor.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";
import { actionOf, carry, factsNow, refusal } from "./support/carry.ts";
import { until } from "../../sim/wire/until.ts";

type Params = ActionOf<"guest.backup">["params"];

/** Of guest 230, which is stopped, unless told otherwise. */
function backUp(changes: Partial<Params> = {}, guest = 230): ActionOf<"guest.backup"> {
  const params: Params = {
    storage: "local",
    mode: "snapshot",
    compress: "zstd",
    notes: "nightly",
    protected: false,
    ...changes,
  };
  return actionOf({ kind: "guest.backup", guest, params });
}

Deno.test("A backup is found on its storage, with its size", async () => {
  await using on = await openWork();
  const { effect } = await carry(backup, backUp(), { on });
  const [file] = backupsOf(on, 230);
  assert(file !== undefined && file.size > 0);
  assertEquals(effect, { seen: "done", detail: { volid: file.volid, size: file.size } });
});

Deno.test("A backup is told from those that were there before, and from another guest's", async () => {
  await using on = await openWork();
  const old = backupsOf(on, 201).map(({ volid }) => volid);
  assertEquals(old.length, 2);
  const { effect } = await carry(backup, backUp({}, 201), { on });
  const file = backupsOf(on, 201).find(({ volid }) => !old.includes(volid));
  assert(file !== undefined);
  assertEquals(effect, { seen: "done", detail: { volid: file.volid, size: file.size } });
});

Deno.test("A protected backup is done when it is protected", async () => {
  await using on = await openWork();
  const action = backUp({ protected: true });
  assertEquals((await carry(backup, action, { on })).effect.seen, "done");
  const second = await carry(backup, backUp({ protected: true }, 210), {
    on,
    verifying: () => backupsOf(on, 210).forEach((file) => file.protected = false),
  });
  assertStringIncludes(whyOf(second.effect), "is not protected");
});

Deno.test("A backup that Proxmox failed at is nothing, and its log tells why", async () => {
  await using on = await openWork();
  const failed = await carry(backup, backUp(), {
    on,
    sending: () => on.simulator.pve.inject({ kind: "lock", vmid: 230, lock: "backup" }),
  });
  assertEquals(failed.effect.seen, "nothing");
  assertStringIncludes(whyOf(failed.effect), "CT is locked (backup)");
  assertEquals(backupsOf(on, 230), []);
});

Deno.test("A backup that never arrived is nothing", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ path: "/vzdump$", fault: { kind: "reset_before" } });
  const { effect, thrown } = await carry(backup, backUp(), { on });
  assertEquals(thrown?.retry, "unknown");
  assertEquals(effect, {
    seen: "nothing",
    why: "There is no new backup of guest 230; no task of it is to be found",
  });
  // Two older ones are none of its making.
  assertEquals((await carry(backup, backUp({}, 201), { on })).effect.seen, "nothing");
});

Deno.test("A backup of another guest is none of this one, wherever its path has the number", async () => {
  await using on = await openWork();
  const { faults } = on.simulator.wire;
  faults.add({ path: "/vzdump$", fault: { kind: "reset_before" } });
  const { effect } = await carry(backup, backUp(), {
    on,
    verifying: () => {
      const volid = "local:backup/vzdump-lxc-231-2096_11_21-00_00_00.tar.zst";
      const data = [{ volid, vmid: 231, content: "backup", size: 1, ctime: 4_000_000_000 }];
      faults.add({
        path: "/storage/local/content$",
        fault: { kind: "status", status: 200, body: { data } },
      });
    },
  });
  assertEquals(effect.seen, "nothing");
});

Deno.test("Where there was nothing to back up, nothing was done", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({
    path: "/vzdump$",
    fault: { kind: "status", status: 200, body: { data: "OK" } },
  });
  const { effect, ending } = await carry(backup, backUp(), { on });
  assertEquals(ending, { how: "answered" });
  assertEquals(effect, {
    seen: "nothing",
    why: "There is no new backup of guest 230; Proxmox found nothing to back up on this node",
  });
});

Deno.test("A backup whose task is not to be found is not claimed", async () => {
  await using on = await openWork();
  on.simulator.wire.faults.add({ path: "/vzdump$", fault: { kind: "reset_after" } });
  const { effect } = await carry(backup, backUp(), { on, verifying: () => untilIdle(on) });
  assertEquals(effect.seen, "other");
  assertStringIncludes(whyOf(effect), "need not be whole");
});

Deno.test("A backup that was killed leaves a lock, and is not called nothing", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const { effect, ending } = await carry(backup, backUp(), {
    on,
    sending: () => {
      const kill = async () => {
        await until(() => pve.world.guest(230).config.options.has("lock"));
        pve.inject({ kind: "restart-daemon" });
      };
      void kill();
    },
  });
  assertEquals(ending.how === "task" && ending.result.outcome, "unknown");
  assertEquals(effect.seen, "other");
  assertStringIncludes(whyOf(effect), "left locked (backup)");
});

Deno.test("A backup that is gone, or empty, after a good task is not called done", async () => {
  await using on = await openWork();
  const files = on.simulator.pve.world.storage("local").files;
  const gone = await carry(backup, backUp(), {
    on,
    verifying: () => backupsOf(on, 230).forEach(({ volid }) => files.delete(volid)),
  });
  assertEquals(gone.effect, {
    seen: "other",
    why: "No new backup of guest 230 is on the storage",
  });
  const empty = await carry(backup, backUp({}, 210), {
    on,
    verifying: () =>
      backupsOf(on, 210).forEach((file) => files.set(file.volid, { ...file, size: 0 })),
  });
  assertStringIncludes(whyOf(empty.effect), "is empty");
});

Deno.test("An archive that the log names and that was made at another time is none of the task's", async () => {
  for (const [hours, seen] of [[-48, "other"], [-2, "other"], [2, "other"], [0, "done"]] as const) {
    await using on = await openWork();
    const { files } = on.simulator.pve.world.storage("local");
    const { effect } = await carry(backup, backUp(), {
      on,
      verifying: () => {
        for (const file of backupsOf(on, 230)) {
          files.set(file.volid, { ...file, ctime: file.ctime + hours * 3_600 });
        }
      },
    });
    assertEquals([hours, effect.seen], [hours, seen]);
    if (seen === "other") assertStringIncludes(whyOf(effect), "was not made while the task ran");
  }
});

Deno.test("A guest that was stopped for its backup has to run again", async () => {
  await using on = await openWork();
  const action = backUp({ mode: "stop" }, 210);
  assertEquals((await carry(backup, action, { on })).effect.seen, "done");
  const { effect } = await carry(backup, action, {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "crash", vmid: 210 }),
  });
  assertStringIncludes(whyOf(effect), "did not come up again");
  on.simulator.wire.faults.add({ path: "/vzdump$", fault: { kind: "reset_before" } });
  const lost = await carry(backup, backUp({ mode: "stop" }, 201), {
    on,
    verifying: () => on.simulator.pve.inject({ kind: "crash", vmid: 201 }),
  });
  assertStringIncludes(whyOf(lost.effect), "and the guest did not come up again");
});

Deno.test("A backup that its task failed after is not called done, though it is there", async () => {
  await using on = await openWork();
  const { before, ending } = await carry(backup, backUp(), { on });
  assert(ending.how === "task");
  const { upid } = ending.result;
  const failed = { upid, exitstatus: "job errors", warnings: [], tail: ["ERROR: no space"] };
  const error = new TaskError("task.failed", failed);
  const result = { ...failed, outcome: "error", error } as const;
  const story = { before, ending: { how: "task", result } } as const;
  const effect = await backup.verify(backUp(), story, on.work.eyes);
  assertEquals(effect.seen, "other");
  assertStringIncludes(whyOf(effect), "no space");
});

Deno.test("A guest that is locked, changed or another one is not backed up", async () => {
  await using on = await openWork();
  const { pve } = on.simulator;
  const facts = await factsNow(on.work, backUp());
  pve.inject({ kind: "lock", vmid: 230, lock: "backup" });
  assertEquals(await refusal(backup, backUp(), { on }), {
    why: "Guest 230 is locked (backup)",
    passes: true,
  });
  assertEquals((await refusal(backup, backUp(), { on, facts })).passes, true);
  const net0 = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:AA:AA,type=veth";
  pve.inject({ kind: "change-config", vmid: 230, set: { net0 } });
  assertEquals((await refusal(backup, backUp(), { on, facts })).passes, false);
});

function backupsOf({ simulator: { pve } }: OpenWork, vmid: number) {
  return pve.world.storage("local").backups().filter((file) => file.vmid === vmid);
}

function whyOf(effect: Effect): string {
  return "why" in effect ? effect.why : "";
}

async function untilIdle({ simulator: { pve } }: OpenWork): Promise<void> {
  await until(() => pve.world.tasks.all().every((task) => task.ended !== undefined));
}
