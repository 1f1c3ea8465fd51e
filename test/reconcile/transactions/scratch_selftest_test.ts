import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { placeScratch } from "../../../src/reconcile/transactions/place_scratch.ts";
import { removeScratch } from "../../../src/reconcile/transactions/remove_scratch.ts";
import { selftestObstacle } from "../../../src/reconcile/transactions/selftest_obstacle.ts";
import type { SelftestReport } from "../../../src/reconcile/transactions/selftest_report.ts";
import { runSelftest } from "../../../src/reconcile/transactions/selftest_task.ts";
import { harmfulAdvice } from "../../repository/harmful_advice.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";

/** The last of the managed range. */
const VMID = 299;
const ID = "0b5e7d6c-1f0a-4c44-9d0e-3a1b2c3d4e5f";
const KINDS = [
  "guest.create",
  "guest.settings",
  "guest.snapshot",
  "guest.rollback",
  "guest.delete_snapshot",
  "guest.start",
  "guest.stop",
] as const;

const never = () => new AbortController().signal;

async function selftest(
  { work }: OpenWork,
  { stop = never(), signal = never() }: { stop?: AbortSignal; signal?: AbortSignal } = {},
): Promise<SelftestReport> {
  const scratch = await placeScratch(work);
  return await runSelftest(
    work,
    { transaction: ID, vmid: scratch.vmid, scratch, stop },
    signal,
  );
}

/** What is left of the guest on the host. */
function leftOf({ simulator: { pve: { world } } }: OpenWork, vmid = VMID): string[] {
  const volumes = [...world.storages.values()].flatMap((storage) =>
    storage.volumes().map(({ volid }) => volid).filter((volid) => volid.includes(`-${vmid}-`))
  );
  return [...(world.guests.has(vmid) ? [`guest ${vmid}`] : []), ...volumes];
}

const steps = ({ steps }: SelftestReport) => steps.map(({ kind, outcome }) => `${kind} ${outcome}`);

/** Calls `then` when a task of a type is forked. */
function whenForked({ simulator: { pve } }: OpenWork, type: string, then: () => void): void {
  const before = pve.world.tasks.fateOf;
  pve.world.tasks.fateOf = (forked, id) => {
    if (forked === type) then();
    return before(forked, id);
  };
}

/** What the next start does with what is left. */
async function sweep({ work }: OpenWork): Promise<(string | null)[]> {
  const marks = work.state.guests.scratch();
  return await Promise.all(marks.map((mark) => removeScratch(work, mark, { signal: never() })));
}

Deno.test("a self-test makes a guest, cut off from the network, tries all on it, and destroys it", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  const others = [...world.guests.keys()];
  let seen: ReadonlyMap<string, string> = new Map();
  whenForked(open, "vzstart", () => seen = new Map(world.guest(VMID).config.options));
  const report = await selftest(open);
  assertEquals(steps(report), KINDS.map((kind) => `${kind} succeeded`), report.problem ?? "");
  assertEquals([report.outcome, report.problem, report.left], ["passed", null, null]);
  const net = seen.get("net0") ?? "";
  assertStringIncludes(net, "link_down=1");
  assertEquals([seen.get("onboot") ?? "0", seen.get("hookscript")], ["0", undefined]);
  assertEquals([leftOf(open), [...world.guests.keys()]], [[], others]);
  const done = world.tasks.all().filter(({ id, user }) => id === "299" && user !== "root@pam");
  assertEquals(done.map(({ type }) => type), [
    ...["vzrestore", "vzsnapshot", "vzrollback", "vzdelsnapshot", "vzstart", "vzstop", "vzdestroy"],
  ]);
  assertEquals([open.work.state.guests.scratch(), open.work.state.transactions.open()], [[], []]);
  const signed = open.work.state.operations.list().filter((row) =>
    "id" in row && open.work.state.operations.document(row.id) !== undefined
  );
  assertEquals(signed, []);
});

const TASKS = ["vzrestore", "vzsnapshot", "vzrollback", "vzdelsnapshot", "vzstart", "vzstop"];

for (const type of TASKS) {
  Deno.test(`a self-test that is ended early during ${type} finishes it, and takes its guest away`, async () => {
    await using open = await openWork();
    const stop = new AbortController();
    whenForked(open, type, () => stop.abort());
    const report = await selftest(open, { stop: stop.signal });
    assertEquals(report.outcome, type === "vzstop" ? "passed" : "stopped");
    assertEquals([report.left, leftOf(open)], [null, []]);
  });

  Deno.test(`an agent that stops during ${type} leaves its guest to the next start`, async () => {
    await using open = await openWork();
    const stopping = new AbortController();
    whenForked(open, type, () => stopping.abort());
    const report = await selftest(open, { signal: stopping.signal });
    assertEquals(report.outcome, "stopped");
    assert(report.left !== null && leftOf(open).length > 0);
    assertEquals(harmfulAdvice(report.left), []);
  });

  Deno.test(`when ${type} fails, the guest goes or it is told why not`, async () => {
    await using open = await openWork();
    const fate = { kind: "fail", message: "it is told to fail" } as const;
    open.simulator.pve.inject({ kind: "task", type, fate });
    const report = await selftest(open);
    assertEquals(report.outcome, "failed", report.problem ?? "");
    // What a rollback or a deletion leaves locked is nothing that the agent may clear.
    const locked = ["vzrollback", "vzdelsnapshot"].includes(type);
    assertEquals(leftOf(open).length > 0, locked, report.left ?? "");
    assertEquals(report.left !== null, locked);
    if (report.left !== null) {
      assertStringIncludes(report.left, "locked");
      assertEquals(harmfulAdvice(report.left), []);
    }
  });
}

for (const end of ["fails", "is killed"] as const) {
  Deno.test(`after a rollback that ${end} the snapshot is not deleted by itself, and that is told`, async () => {
    await using open = await openWork();
    const { pve } = open.simulator;
    const message = "lvcreate snapshot error: out of metadata";
    const fate = end === "fails" ? { kind: "fail", message } as const : { kind: "stuck" } as const;
    pve.inject({ kind: "task", type: "vzrollback", fate });
    const running = selftest(open);
    if (end === "is killed") {
      const { operations } = open.work.state;
      const isRunning = () =>
        operations.unfinished().some((row) =>
          "kind" in row && row.kind === "guest.rollback" && row.upid
        );
      while (!isRunning()) await new Promise((resolve) => setTimeout(resolve, 2));
      pve.inject({ kind: "restart-daemon" });
    }
    const report = await running;
    assertEquals(report.outcome, "failed");
    const left = report.left ?? "";
    for (
      const said of [
        "of guest 299 is kept and belongs to the operator",
        "may be the only copy",
        "A lock that the rollback left stays until it is known what is whole",
        "make sure of a backup",
        "pct listsnapshot 299",
      ]
    ) assertStringIncludes(left, said);
    assertEquals(harmfulAdvice(`${report.problem} ${left}`), []);
    assertEquals(pve.world.guest(VMID).config.snapshots.size, 1);
    const sent = pve.world.tasks.all().filter(({ type }) => type === "vzdelsnapshot");
    assertEquals(sent.filter(({ id }) => id === "299"), []);
  });
}

Deno.test("a guest that could not be destroyed is told, marked, and goes the next time", async () => {
  await using open = await openWork();
  const fate = { kind: "fail", message: "dataset is busy" } as const;
  open.simulator.pve.inject({ kind: "task", type: "vzdestroy", fate });
  const report = await selftest(open);
  assertEquals([report.outcome, report.problem], [
    "failed",
    "What was made could not be taken away",
  ]);
  assertStringIncludes(report.left ?? "", "Guest 299, which a self-test made, is left");
  assertEquals(harmfulAdvice(report.left ?? ""), []);
  const refused = await assertRejects(() => placeScratch(open.work), FelhomError);
  assertStringIncludes(refused.message, "guest 299 is left from an earlier one");
  open.simulator.pve.inject({ kind: "lock", vmid: VMID, lock: null });
  assertEquals(await sweep(open), [null]);
  assertEquals([leftOf(open), open.work.state.guests.scratch()], [[], []]);
  assertEquals((await placeScratch(open.work)).vmid, VMID);
});

for (
  const { name, meddle } of [
    {
      name: "whose link somebody puts up",
      meddle: ({ simulator: { pve } }: OpenWork) => {
        const net = pve.world.guest(VMID).config.options.get("net0") ?? "";
        const set = { net0: net.replace(",link_down=1", "") };
        pve.inject({ kind: "change-config", vmid: VMID, set });
      },
    },
    {
      name: "that a desired state names",
      meddle: ({ want }: OpenWork) => void want({ vmid: VMID, settings: {}, restart: "never" }),
    },
  ]
) {
  Deno.test(`a guest ${name} in the middle stays, and is told`, async () => {
    await using open = await openWork();
    whenForked(open, "vzstop", () => meddle(open));
    const report = await selftest(open);
    assertEquals(report.outcome, "failed");
    assertStringIncludes(report.left ?? "", "guest.destroy");
    assert(open.simulator.pve.world.guests.has(VMID), "it may be somebody's now");
    await sweep(open);
    assert(open.simulator.pve.world.guests.has(VMID));
  });
}

Deno.test("another guest under the VMID is left alone, and the mark goes", async () => {
  await using open = await openWork();
  const fate = { kind: "fail", message: "dataset is busy" } as const;
  open.simulator.pve.inject({ kind: "task", type: "vzdestroy", fate });
  await selftest(open);
  const { pve } = open.simulator;
  pve.inject({ kind: "lock", vmid: VMID, lock: null });
  const net = pve.world.guest(VMID).config.options.get("net0") ?? "";
  const set = { net0: net.replace(/hwaddr=[^,]+/, "hwaddr=BC:24:11:00:00:01") };
  pve.inject({ kind: "change-config", vmid: VMID, set });
  assertEquals(await sweep(open), [null]);
  assert(pve.world.guests.has(VMID));
  assertEquals(open.work.state.guests.scratch(), []);
});

Deno.test("a VMID that is taken while the guest is made is the other's", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  const scratch = await placeScratch(open.work);
  const other = world.guest(201);
  world.guests.set(VMID, other);
  const report = await runSelftest(
    open.work,
    { transaction: ID, vmid: VMID, scratch, stop: never() },
    never(),
  );
  assertEquals([report.outcome, report.steps, report.left], ["taken", [], null]);
  assertEquals(world.guests.get(VMID), other);
  assertEquals((await placeScratch(open.work)).vmid, 298);
});

Deno.test("the highest VMID is taken that nobody has or wants, of the drills' range where there is one", async () => {
  await using open = await openWork();
  const { work } = open;
  const place = async (drills?: typeof work.drills) => await placeScratch({ ...work, drills });
  assertEquals(await place(), {
    vmid: 299,
    image: open.goldenImages[0]?.volume ?? "",
    storage: "local-zfs",
    bridge: "vmbr0",
  });
  open.want({ vmid: 299, settings: {}, restart: "never" });
  assertEquals((await place()).vmid, 298);
  work.state.desired.accept({
    provider: "hub",
    revision: "1",
    digest: "d",
    document: '{"version":1,"revision":"1","guests":{"298":{}}}',
    acceptedAt: work.clock.now(),
  });
  assertEquals((await place()).vmid, 297, "a state that is kept, of any provider, names 298");
  assertEquals((await place({ first: 280, last: 289 })).vmid, 289);
  const error = await assertRejects(() => place({ first: 299, last: 299 }), FelhomError);
  assertEquals(error.code, "selftest.refused");
  assertStringIncludes(error.message, "no VMID from 299 to 299 is free");
});

for (
  const { name, scratch, message, hint } of [
    {
      name: "golden image",
      scratch: { images: [] },
      message: "no golden image is pinned",
      hint: "guests.golden_images",
    },
    {
      name: "bridge",
      scratch: { bridges: [] },
      message: "no bridge is configured",
      hint: "proxmox.bridges",
    },
    {
      name: "storage",
      scratch: { storages: [] },
      message: "no storage is configured",
      hint: "proxmox.storages",
    },
    {
      name: "storage with snapshots",
      scratch: { storages: ["local", "elsewhere"] },
      message: "(local: ",
      hint: "proxmox.storages",
    },
  ] satisfies readonly { scratch: Partial<OpenWork["work"]["scratch"]>; [key: string]: unknown }[]
) {
  Deno.test(`without a ${name} the self-test is refused, with the way out`, async () => {
    await using open = await openWork();
    const work = { ...open.work, scratch: { ...open.work.scratch, ...scratch } };
    const error = await assertRejects(() => placeScratch(work), FelhomError);
    assertEquals(error.code, "selftest.refused");
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.hint ?? "", hint);
    assertEquals(harmfulAdvice(`${error.message} ${error.hint}`), []);
  });
}

Deno.test("a state in doubt, or a token that sees its own tasks alone, makes no guest: nobody could take it away", async () => {
  await using open = await openWork();
  const { work } = open;
  const { eyes } = work;
  const blind = { ...eyes.reads, permissions: () => Promise.resolve({}) };
  const unseeing = { ...work, eyes: { ...eyes, reads: blind } };
  const error = await assertRejects(() => placeScratch(unseeing), FelhomError);
  assertStringIncludes(error.message, "Sys.Audit on /nodes/pve");
  work.state.instances.doubt("The node knows tasks that the journal does not", work.clock.now());
  const doubted = await assertRejects(() => placeScratch(work), FelhomError);
  assertStringIncludes(doubted.hint ?? "", "felhom-agent state ack");
  assertStringIncludes(await selftestObstacle(work, 230) ?? "", "felhom-agent state ack");
});

Deno.test("without room the gate refuses, and nothing is made", async () => {
  await using open = await openWork();
  open.simulator.pve.inject({ kind: "fill", storage: "local-zfs", leave: 1024 ** 3 });
  const report = await selftest(open);
  assertEquals([report.outcome, steps(report)], ["refused", ["guest.create denied"]]);
  assertStringIncludes(report.problem ?? "", "would not keep its free space");
  assertEquals([report.left, leftOf(open)], [null, []]);
});
