import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { placeScratch } from "../../../src/reconcile/transactions/place_scratch.ts";
import {
  removeScratch,
  type RemoveScratchOptions,
} from "../../../src/reconcile/transactions/remove_scratch.ts";
import { runSelftest } from "../../../src/reconcile/transactions/selftest_task.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

/** The last of the managed range. */
const VMID = 299;
const never = new AbortController().signal;

/** A self-test whose tasks of these types fail, one each; a lock that is left is taken off. */
async function leftover(opened: OpenWork, ...types: readonly string[]): Promise<void> {
  const { work, simulator: { pve } } = opened;
  for (const type of types) {
    pve.inject({ kind: "task", type, fate: { kind: "fail", message: "dataset is busy" } });
  }
  const scratch = await placeScratch(work);
  const wish = { transaction: crypto.randomUUID(), vmid: VMID, scratch, stop: never };
  await runSelftest(work, wish, never);
  if (pve.world.guests.has(VMID)) pve.inject({ kind: "lock", vmid: VMID, lock: null });
}

/** Takes away what is left, and says what was sent for it. */
async function remove(
  { work, simulator: { pve } }: OpenWork,
  options: Omit<RemoveScratchOptions, "signal"> = {},
) {
  const made = work.state.guests.get(VMID);
  assert(made !== undefined);
  const before = pve.world.tasks.all().length;
  const ids: string[] = [];
  const onOperation = (id: string) => void ids.push(id);
  const why = await removeScratch(work, made, { onOperation, ...options, signal: never });
  const sent = pve.world.tasks.all().slice(before).map(({ type }) => type);
  const journal = ids.map((id) => work.state.operations.get(id)?.action);
  return { why, sent, journal };
}

const destroy = { kind: "guest.destroy", guest: VMID, params: { purge: false } };
const stop = { kind: "guest.stop", guest: VMID, params: {} };
const mark = ({ work }: OpenWork) => work.state.guests.get(VMID);

Deno.test("what stands still is destroyed, and what runs by the agent's doing is stopped before", async () => {
  for (
    const [failing, sent, journal] of [
      [["vzdestroy"], ["vzdestroy"], [destroy]],
      [["vzstop", "vzstop"], ["vzstop", "vzdestroy"], [stop, destroy]],
    ] as const
  ) {
    await using opened = await openWork();
    await leftover(opened, ...failing);
    assertEquals(opened.simulator.pve.world.isRunning(VMID), failing[0] === "vzstop");
    assertEquals(await remove(opened), { why: null, sent: [...sent], journal: [...journal] });
    assertEquals([mark(opened), opened.simulator.pve.world.guests.has(VMID)], [undefined, false]);
  }
});

Deno.test("what cannot be stopped is not destroyed, and what failed is kept with its words", async () => {
  for (
    const [failing, again] of [
      [["vzstop", "vzstop"], "vzstop"],
      [["vzdestroy"], "vzdestroy"],
    ] as const
  ) {
    await using opened = await openWork();
    await leftover(opened, ...failing);
    const fate = { kind: "fail", message: "dataset is busy" } as const;
    opened.simulator.pve.inject({ kind: "task", type: again, fate });
    const failed: unknown[] = [];
    const tries = { rest: () => null, failed: (...told: unknown[]) => void failed.push(told) };
    const { why, sent } = await remove(opened, { tries });
    assertEquals(sent, [again]);
    assertStringIncludes(why ?? "", again === "vzstop" ? "guest.stop: " : "guest.destroy: ");
    assertEquals(failed, [[VMID, why]]);
  }
});

Deno.test("while a try that failed rests, it is looked at and nothing is sent", async () => {
  await using opened = await openWork();
  await leftover(opened, "vzdestroy");
  const tries = { rest: () => "Not yet", failed: () => {} };
  assertEquals(await remove(opened, { tries }), { why: "Not yet", sent: [], journal: [] });
});

Deno.test("what is not there, or is another guest, loses its mark, and nothing is sent", async () => {
  for (const how of ["gone", "another"] as const) {
    await using opened = await openWork();
    await leftover(opened, "vzdestroy");
    const { pve } = opened.simulator;
    if (how === "gone") pve.inject({ kind: "vanish", vmid: VMID });
    else {
      const net0 = "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AB:CD:EF,type=veth";
      pve.inject({ kind: "change-config", vmid: VMID, set: { net0 } });
    }
    assertEquals(await remove(opened), { why: null, sent: [], journal: [] });
    assertEquals([mark(opened), pve.world.guests.has(VMID)], [undefined, how === "another"]);
  }
});

Deno.test("what is locked, used, or no more the agent's is left, and told why", async () => {
  const ways: readonly (readonly [string, (opened: OpenWork) => unknown])[] = [
    [
      "it is locked (backup)",
      ({ simulator: { pve } }) => pve.inject({ kind: "lock", vmid: VMID, lock: "backup" }),
    ],
    [
      "it ran without the agent",
      ({ simulator: { pve: { world } } }) => world.guest(VMID).running = world.guest(201).running,
    ],
    [
      "its configuration is not as the agent left it",
      ({ simulator: { pve } }) =>
        pve.inject({ kind: "change-config", vmid: VMID, set: { hostname: "wiki" } }),
    ],
    [
      "somebody wants it",
      ({ work: { state, clock } }) =>
        state.guests.loseScratch(VMID, clock.now(), "somebody wants it"),
    ],
  ];
  for (const [expected, befall] of ways) {
    await using opened = await openWork();
    await leftover(opened, "vzdestroy");
    befall(opened);
    const { why, ...done } = await remove(opened);
    assertStringIncludes(why ?? "", `Guest ${VMID}, which a self-test made, is left: `);
    assertStringIncludes(why ?? "", expected);
    assertEquals(why?.includes("--op guest.destroy --vmid 299"), !expected.includes("locked"));
    assertEquals([done, mark(opened)?.vmid], [{ sent: [], journal: [] }, VMID]);
  }
});

Deno.test("what the gate does not let through is no operation, and told", async () => {
  await using opened = await openWork();
  await leftover(opened, "vzdestroy");
  opened.work.state.instances.doubt("It is older", opened.work.clock.now());
  const { why, ...done } = await remove(opened);
  assertStringIncludes(why ?? "", "guest.destroy: ");
  assertEquals(done, { sent: [], journal: [] });
});
