import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { settle } from "../../../src/reconcile/settle.ts";
import { compensate } from "../../../src/reconcile/transactions/compensate.ts";
import { createGuest } from "../../../src/reconcile/transactions/create_guest.ts";
import type { Outcome } from "../../../src/reconcile/outcome.ts";
import { type OpenWork, openWork } from "../support/open_work.ts";
import { until } from "../../sim/wire/until.ts";

const VMID = 205;
const goOn = () => new AbortController().signal;

async function create(
  { work, goldenImages }: OpenWork,
  signal: AbortSignal = goOn(),
): Promise<Outcome> {
  return await createGuest(work, {
    action: {
      kind: "guest.create",
      guest: VMID,
      params: {
        image: goldenImages[0]?.volume ?? "",
        storage: "local-zfs",
        hostname: "florist",
        network: { bridge: "vmbr0", vlan: null, ipv4: "dhcp", gateway: null, link_down: false },
        cores: 1,
        memory: 512,
        swap: 512,
        onboot: true,
        tags: [],
        description: "",
      },
    },
    origin: "desired",
    source: "agent",
    reference: "local 1",
    why: "guest 205 is not there",
  }, signal);
}

const why = (outcome: Outcome) => "why" in outcome ? outcome.why : "";

/** The one transaction that the journal has, with its steps. */
function journal({ work: { state } }: OpenWork) {
  const operations = state.operations.list().toReversed().flatMap((one) =>
    "id" in one ? [one] : []
  );
  const ids = new Set(operations.map(({ transaction }) => transaction));
  assertEquals(ids.size, 1, "one transaction");
  const [id] = ids;
  return {
    id: id ?? "",
    outcome: state.transactions.get(id ?? "")?.outcome,
    steps: operations.map(({ kind, state: at, compensates }) =>
      `${kind} ${at}${compensates === null ? "" : " (undoes)"}`
    ),
  };
}

/** Volumes of a VMID, wherever they lie: what is left over takes room. */
function volumesOf({ simulator: { pve } }: OpenWork, vmid: number): string[] {
  return [...pve.world.storages.values()].flatMap((storage) =>
    storage.volumes().map(({ volid }) => volid).filter((volid) => volid.includes(`-${vmid}-`))
  );
}

/** What the image's guest was backed up with, besides. */
function changeImage({ simulator: { pve } }: OpenWork, options: Readonly<Record<string, string>>) {
  const { files } = pve.world.storage("local");
  for (const file of files.values()) {
    if (file.kind !== "backup" || file.vmid !== 900) continue;
    const merged = new Map([...file.config.options, ...Object.entries(options)]);
    files.set(file.volid, { ...file, config: { ...file.config, options: merged } });
  }
}

const NET1 = { net1: "name=eth1,bridge=vmbr0,hwaddr=BC:24:11:00:00:99,type=veth" };

/** Creates a guest that is not what was asked for and cannot be destroyed at once. @returns its transaction */
async function leaveHalfMade(open: OpenWork): Promise<string> {
  changeImage(open, NET1);
  open.simulator.pve.inject({
    ...{ kind: "task", type: "vzdestroy" },
    fate: { kind: "fail", message: "busy" },
  });
  await create(open);
  const { id, outcome } = journal(open);
  assertEquals(outcome, "open");
  return id;
}

Deno.test("a creation is committed with its outcome, and can be made undone no more", async () => {
  await using open = await openWork();
  const outcome = await create(open);
  assertEquals([outcome.kind, why(outcome)], ["succeeded", ""]);
  const { id, ...rest } = journal(open);
  assertEquals(rest, { outcome: "committed", steps: ["guest.create succeeded"] });
  const made = open.work.state.guests.get(VMID);
  assertEquals([made?.transaction, made?.volumes], [id, volumesOf(open, VMID)]);
  const undone = await compensate(open.work, id, goOn());
  assertStringIncludes(undone === "rolled_back" ? "" : undone.blocked, "is committed");
  assert(open.simulator.pve.world.guests.has(VMID));
});

Deno.test("a guest that is not what was asked for is destroyed, and nothing of it is left", async () => {
  await using open = await openWork();
  changeImage(open, NET1);
  const outcome = await create(open);
  assertEquals(outcome.kind, "failed");
  assertStringIncludes(why(outcome), "net1");
  const { id: _, ...rest } = journal(open);
  assertEquals(rest, {
    outcome: "rolled_back",
    steps: ["guest.create failed", "guest.destroy succeeded (undoes)"],
  });
  assertEquals(open.simulator.pve.world.guests.has(VMID), false);
  assertEquals(volumesOf(open, VMID), []);
  assertEquals(open.work.state.guests.get(VMID), undefined);
});

Deno.test("a creation whose task fails leaves nothing to undo", async () => {
  await using open = await openWork();
  const fate = { kind: "fail", message: "no space left on device" } as const;
  open.simulator.pve.inject({ kind: "task", type: "vzrestore", fate });
  const outcome = await create(open);
  assertEquals(outcome.kind, "failed");
  assertEquals(journal(open).outcome, "rolled_back");
  assertEquals(journal(open).steps, ["guest.create failed"]);
  assertEquals(volumesOf(open, VMID), []);
});

Deno.test("a creation that was killed stays open, is told, and is rolled back once root has cleared it", async () => {
  await using open = await openWork();
  const { pve } = open.simulator;
  pve.inject({ kind: "task", type: "vzrestore", fate: { kind: "stuck" } });
  const creating = create(open);
  await until(() => pve.world.guests.has(VMID));
  pve.inject({ kind: "restart-daemon" });
  const outcome = await creating;
  assertStringIncludes(why(outcome), "left as it is");
  assertStringIncludes(why(outcome), "pct config 205");
  const { id } = journal(open);
  assertEquals(journal(open).outcome, "open");
  const still = await compensate(open.work, id, goOn());
  assertStringIncludes(still === "rolled_back" ? "" : still.blocked, "lock=create");
  assert(pve.world.guests.has(VMID), "nobody but root may");
  pve.inject({ kind: "vanish", vmid: VMID });
  assertEquals(await compensate(open.work, id, goOn()), "rolled_back");
  assertEquals(journal(open).steps.filter((step) => step.includes("destroy")), []);
});

Deno.test("what came to run meanwhile is not destroyed without a signature", async () => {
  await using open = await openWork();
  const id = await leaveHalfMade(open);
  const { pve } = open.simulator;
  assertEquals(journal(open).outcome, "open");
  const guest = pve.world.guest(VMID);
  guest.running = pve.world.guest(201).running;
  const blocked = await compensate(open.work, id, goOn());
  assert(blocked !== "rolled_back" && blocked.kept);
  assertStringIncludes(blocked.blocked, "takes a signature now");
  assertStringIncludes(blocked.blocked, "The agent made it, but it runs");
  assertEquals(journal(open).outcome, "committed", "for good");
  const [wish] = open.work.state.pending.list(open.work.clock.now());
  assertStringIncludes(wish?.reason ?? "", "The agent made it, but it runs");
  guest.running = undefined;
  const again = await compensate(open.work, id, goOn());
  assertStringIncludes(again === "rolled_back" ? "" : again.blocked, "is committed");
  assert(pve.world.guests.has(VMID));
});

Deno.test("another guest under the VMID is not what was made, and stays", async () => {
  await using open = await openWork();
  const id = await leaveHalfMade(open);
  const { pve } = open.simulator;
  pve.inject({
    kind: "change-config",
    vmid: VMID,
    set: { net0: "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AB:CD:EF,type=veth", net1: null },
  });
  const blocked = await compensate(open.work, id, goOn());
  assert(blocked !== "rolled_back");
  assert(pve.world.guests.has(VMID));
  assertEquals(journal(open).outcome, "open");
});

Deno.test("a crash after what was made is gone, and before the journal says so, is found out", async () => {
  await using open = await openWork();
  const id = await leaveHalfMade(open);
  const { pve } = open.simulator;
  pve.inject({ kind: "vanish", vmid: VMID });
  const tasks = pve.world.tasks.all().length;
  assertEquals(await compensate(open.work, id, goOn()), "rolled_back");
  assertEquals(pve.world.tasks.all().length, tasks, "nothing is sent for what is gone");
  assertEquals(open.work.state.guests.get(VMID), undefined);
});

Deno.test("nothing is made undone while an operation of the transaction has not ended", async () => {
  await using open = await openWork();
  const { work: { state, clock } } = open;
  state.operations.authorise({
    id: "one",
    transaction: "t",
    vmid: VMID,
    action: { kind: "guest.create" },
    origin: "desired",
    evidence: {},
    at: clock.now(),
  });
  const blocked = await compensate(open.work, "t", goOn());
  assertStringIncludes(blocked === "rolled_back" ? "" : blocked.blocked, "has not ended");
  assertEquals(await compensate(open.work, "never began", goOn()), "rolled_back");
});

Deno.test("a VMID that is taken is refused before anything is written", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  world.addGuest(VMID, world.guest(230).config);
  const outcome = await create(open);
  assertEquals(outcome.kind, "denied");
  assertEquals(open.work.state.operations.list(), []);
  assertEquals(open.work.state.transactions.open(), []);
  assert(world.guests.has(VMID));
});

Deno.test("a VMID that is taken under the permit leaves no transaction open", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  const { facts } = open.work;
  const work: typeof open.work = {
    ...open.work,
    async facts(action, signal) {
      const known = await facts(action, signal);
      world.addGuest(VMID, world.guest(230).config);
      return known;
    },
  };
  const outcome = await create({ ...open, work });
  assertEquals([outcome.kind, why(outcome)], ["not_begun", "VMID 205 is taken"]);
  assertEquals(open.work.state.transactions.open(), []);
  assertEquals(world.tasks.all().filter(({ type }) => type === "vzrestore"), []);
  assert(world.guests.has(VMID), "another's guest stays");
});

for (const kind of ["reset_before", "reset_during", "reset_after"] as const) {
  Deno.test(`a creation answered by ${kind} is made once or not at all`, async () => {
    await using open = await openWork();
    const rule = { method: "POST", route: "/nodes/{node}/lxc", count: 1, fault: { kind } } as const;
    open.simulator.wire.faults.add(rule);
    const outcome = await create(open);
    const { tasks, guests } = open.simulator.pve.world;
    const made = tasks.all().filter(({ type }) => type === "vzrestore").length;
    const expected = kind === "reset_before"
      ? ["failed", "rolled_back", 0, false]
      : ["succeeded", "committed", 1, true];
    const found: unknown[] = [outcome.kind, journal(open).outcome, made, guests.has(VMID)];
    assertEquals(found, expected);
    assertEquals(open.work.state.guests.get(VMID) !== undefined, guests.has(VMID));
  });
}

Deno.test("an agent that stops while a guest is made finds it made at the next start, and keeps it", async () => {
  await using open = await openWork();
  const { world } = open.simulator.pve;
  const stopping = new AbortController();
  const before = world.tasks.fateOf;
  world.tasks.fateOf = (type, id) => {
    if (type === "vzrestore") stopping.abort();
    return before(type, id);
  };
  const outcome = await create(open, stopping.signal);
  assertEquals(outcome.kind, "running");
  assert(!why(outcome).includes("it is not undone"), "nobody tries yet");
  assertEquals(journal(open).outcome, "open");
  const blocked = await compensate(open.work, journal(open).id, goOn());
  assertStringIncludes(blocked === "rolled_back" ? "" : blocked.blocked, "has not ended");
  for (const operation of open.work.state.operations.unfinished()) {
    assert("id" in operation);
    await settle(open.work, operation, { wait: true, signal: goOn() });
  }
  assertEquals(journal(open).outcome, "committed");
  assert(world.guests.has(VMID));
  assert(open.work.state.guests.get(VMID) !== undefined);
});

Deno.test("an agent that stops while it makes a creation undone goes on with it at the next start", async () => {
  await using open = await openWork();
  changeImage(open, NET1);
  const { world } = open.simulator.pve;
  const stopping = new AbortController();
  const before = world.tasks.fateOf;
  world.tasks.fateOf = (type, id) => {
    if (type === "vzdestroy") stopping.abort();
    return before(type, id);
  };
  await create(open, stopping.signal);
  assertEquals(journal(open).outcome, "open");
  for (const operation of open.work.state.operations.unfinished()) {
    assert("id" in operation);
    await settle(open.work, operation, { wait: true, signal: goOn() });
  }
  assertEquals(await compensate(open.work, journal(open).id, goOn()), "rolled_back");
  assertEquals(journal(open).steps, ["guest.create failed", "guest.destroy succeeded (undoes)"]);
  assertEquals(volumesOf(open, VMID), []);
});
