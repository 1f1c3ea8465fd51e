import { assert, assertEquals } from "@std/assert";
import type { Action } from "../../../src/action/mod.ts";
import { carryOutStep } from "../../../src/reconcile/carry_out.ts";
import type { FaultRule } from "../../sim/mod.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

/** Takes a snapshot; the operation as the journal has it then. */
async function snapshot({ work }: OpenWork, name: string) {
  const action: Action = {
    kind: "guest.snapshot",
    guest: 201,
    params: { snapshot: name, description: "" },
  };
  await carryOutStep(work, {
    ...{ action, origin: "job", source: "control socket", reference: "1" },
    ...{ why: "Somebody asks", within: null },
  }, new AbortController().signal);
  const [row] = work.state.operations.list({ limit: 1 });
  assert(row !== undefined && !("unreadable" in row));
  return row;
}

const LOST: readonly (readonly [string, FaultRule["fault"], boolean])[] = [
  ["was done", { kind: "reset_after" }, true],
  ["was not done", { kind: "status", status: 596 }, false],
];

for (const [what, fault, done] of LOST) {
  Deno.test(`a call that ${what} and whose answer is lost is not given the task of another one right before`, async () => {
    await using opened = await openWork();
    const before = await snapshot(opened, "first");
    assert(before.state === "succeeded" && before.upid !== null);
    opened.simulator.wire.faults.add({ method: "POST", count: 1, fault });
    const lost = await snapshot(opened, "second");
    const tasks = opened.simulator.pve.world.tasks.all()
      .filter(({ type, user }) => type === "vzsnapshot" && user === opened.work.tokenId);
    assertEquals([lost.state, lost.upid], [
      done ? "succeeded" : "failed",
      done ? tasks.at(-1)?.upid ?? "" : null,
    ]);
    assert(lost.upid !== before.upid);
  });
}

const STRANGERS: readonly Extract<FaultRule["fault"], { kind: "other_task" }>[] = [
  { kind: "other_task", user: "root@pam" },
  { kind: "other_task", type: "vzdestroy" },
  { kind: "other_task", id: "202" },
];

for (const fault of STRANGERS) {
  Deno.test(`an answer that names another's task (${JSON.stringify(fault)}) is not written down: its own is found`, async () => {
    await using opened = await openWork();
    opened.simulator.wire.faults.add({ method: "POST", count: 1, fault });
    const row = await snapshot(opened, "first");
    const own = opened.simulator.pve.world.tasks.all()
      .find(({ type, user }) => type === "vzsnapshot" && user === opened.work.tokenId);
    assert(own !== undefined);
    assertEquals([row.state, row.upid], ["succeeded", own.upid]);
  });
}
