/** A self-test's leftover that somebody took for their own: it is not taken away without a signature. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../src/clock.ts";
import type { Action } from "../../src/action/mod.ts";
import { carryOutStep } from "../../src/reconcile/carry_out.ts";
import { removeScratch } from "../../src/reconcile/transactions/remove_scratch.ts";
import { placeScratch } from "../../src/reconcile/transactions/place_scratch.ts";
import { runSelftest } from "../../src/reconcile/transactions/selftest_task.ts";
import { RemovalTries } from "../../src/reconcile/queue/removal_tries.ts";
import { runEngine, type RunningEngine } from "../reconcile/engine/run_engine.ts";
import { type OpenWork, openWork } from "../reconcile/support/open_work.ts";
import { withOptions } from "../sim/pve/world/config_change.ts";
import { type Simulator, startSimulator } from "../sim/mod.ts";

const VMID = 299;
const CHANGED = "its configuration is not as the agent left it";
const never = () => new AbortController().signal;
const DESTROY: Action = { kind: "guest.destroy", guest: VMID, params: { purge: false } };

function set({ pve: { world } }: Simulator, options: Record<string, string | undefined>): void {
  const guest = world.guest(VMID);
  guest.config = withOptions(guest.config, options);
}

/** A self-test whose guest could not be destroyed; the lock of that is taken off again. */
async function leftover({ work, simulator }: OpenWork): Promise<void> {
  const fate = { kind: "fail", message: "dataset is busy" } as const;
  simulator.pve.inject({ kind: "task", type: "vzdestroy", fate });
  const scratch = await placeScratch(work);
  const wish = { transaction: crypto.randomUUID(), vmid: VMID, scratch, stop: never() };
  await runSelftest(work, wish, never());
  set(simulator, { lock: undefined });
}

/** What the next look does with what is left. */
async function sweep({ work }: OpenWork): Promise<(string | null)[]> {
  const marks = work.state.guests.scratch();
  return await Promise.all(marks.map((mark) => removeScratch(work, mark, { signal: never() })));
}

async function answer({ work }: OpenWork): Promise<string> {
  return work.gate.ask({
    ...{ action: DESTROY, origin: "recovery", source: "agent", reference: "t", transaction: null },
    evidence: { why: "A test", digest: null, observedAt: work.clock.now() },
  }, await work.facts(DESTROY, never())).outcome;
}

const isThere = ({ simulator: { pve } }: OpenWork) => pve.world.guests.has(VMID);

for (
  const [name, options] of Object.entries({
    "another name": { hostname: "wiki" },
    "a start at boot": { onboot: "1" },
    "another description": { description: "Keep this, Bob" },
    "more memory": { memory: "2048" },
    "a tag": { tags: "customer" },
  })
) {
  Deno.test(`What a killed agent left and somebody gave ${name} stays, for good`, async () => {
    await using simulator = await startSimulator({ callClock: systemClock, timeScale: 50 });
    const folder = await Deno.makeTempDir({ prefix: "felhom-adopted-" });
    await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
    {
      await using host = await runEngine({ on: simulator, folder });
      await host.until(() => host.engine.phase === "running");
      const { tasks } = simulator.pve.world;
      const before = tasks.fateOf;
      tasks.fateOf = (type, id) => {
        if (type === "vzstop") void host.stop();
        return before(type, id);
      };
      await host.desk.selftest(null);
      await host.until(() => host.engine.phase === "draining");
      await host.stop();
    }
    const was = Object.fromEntries(
      Object.keys(options).map((key) =>
        [key, simulator.pve.world.guest(VMID).config.options.get(key)] as const
      ),
    );
    set(simulator, options);
    await using next = await runEngine({ on: simulator, folder });
    const mark = () => next.work.state.guests.get(VMID);
    await next.until(() => mark()?.scratchLostAt !== null);
    assertEquals(mark()?.scratchLostWhy, CHANGED);
    // Changed back it is not the agent's again.
    set(simulator, was);
    await passes(next);
    assert(isThere(next));
    assertStringIncludes(next.desk.why(VMID), CHANGED);
  });
}

/** Passes over the guest, whatever the agent would do with it now. */
async function passes(host: RunningEngine): Promise<void> {
  for (let pass = 0; pass < 3; pass++) {
    host.engine.wake(VMID);
    await host.quiet();
  }
}

Deno.test("What nobody touched since the self-test is taken away, its lock taken off", async () => {
  await using open = await openWork();
  await leftover(open);
  assertEquals(await answer(open), "permitted");
  assertEquals([await sweep(open), isThere(open)], [[null], false]);
});

Deno.test("What was on another node, or gone, while the agent looked stays when it is back, though nothing of it changed", async () => {
  for (const look of ["facts", "sweep"] as const) {
    await using open = await openWork();
    await leftover(open);
    const { world } = open.simulator.pve;
    const guest = world.guest(VMID);
    world.guests.delete(VMID);
    if (look === "facts") await open.work.facts(DESTROY, never());
    else await sweep(open);
    world.guests.set(VMID, guest);
    assertEquals(await answer(open), "pending_signature", look);
    await sweep(open);
    assert(isThere(open));
  }
});

Deno.test("A setting that is changed while the agent starts and stops it is not taken for the agent's own", async () => {
  await using open = await openWork();
  const { tasks } = open.simulator.pve.world;
  const before = tasks.fateOf;
  tasks.fateOf = (type, id) => {
    if (type === "vzstart") set(open.simulator, { description: "Keep this, Bob" });
    return before(type, id);
  };
  const scratch = await placeScratch(open.work);
  const wish = { transaction: crypto.randomUUID(), vmid: VMID, scratch, stop: never() };
  const report = await runSelftest(open.work, wish, never());
  assertStringIncludes(report.left ?? "", CHANGED);
  assertStringIncludes(report.left ?? "", "felhom-agent op new --op guest.destroy --vmid 299");
  assert(isThere(open));
});

/** A hub's operation on what is left, taken the whole way. */
async function asHub({ work }: OpenWork, action: Action): Promise<string> {
  const step = { action, origin: "job", source: "hub", reference: "job-1", within: null } as const;
  return (await carryOutStep(work, { ...step, why: "a hub asks" }, never())).kind;
}

Deno.test("A hub's stop leaves it the agent's, and a setting does not, though it changes nothing", async () => {
  await using open = await openWork();
  await leftover(open);
  const mark = () => open.work.state.guests.get(VMID);
  await asHub(open, { kind: "guest.stop", guest: VMID, params: {} });
  assertEquals(mark()?.scratchLostAt, null);
  const params = { set: { cores: 1 }, unset: [] };
  assertEquals(await asHub(open, { kind: "guest.settings", guest: VMID, params }), "succeeded");
  assertEquals(mark()?.scratchLostWhy, "somebody asked for guest.settings on it");
  await sweep(open);
  assert(isThere(open));
});

Deno.test("What the gate denies is asked again ever later, and looked at all the time", async () => {
  await using open = await openWork();
  await leftover(open);
  let time = 0;
  const tries = new RemovalTries({ clock: { monotonic: () => time }, random: () => 0.5 });
  const { state } = open.work;
  let asked = 0;
  const work = {
    ...open.work,
    facts: (async (action, signal, row) => {
      asked++;
      const facts = await open.work.facts(action, signal, row);
      const tasks = { kind: "unproven", why: "the token sees its own tasks alone" } as const;
      return { ...facts, since: { agoMs: null, tasks } };
    }) satisfies OpenWork["work"]["facts"],
  };
  const visit = async () => {
    const [mark] = state.guests.scratch();
    assert(mark !== undefined);
    return await removeScratch(work, mark, { signal: never(), tries });
  };
  const said = await visit();
  assertStringIncludes(said ?? "", "sees its own tasks alone");
  assertEquals([await visit(), await visit(), asked], [said, said, 1]);
  time += 2_000;
  await visit();
  time += 2_000;
  await visit();
  assertEquals(asked, 2, "four seconds now");
  set(open.simulator, { hostname: "wiki" });
  assertStringIncludes(await visit() ?? "", CHANGED);
  assertEquals(asked, 2, "that it is changed is seen without");
  assert(isThere(open));
});

Deno.test("The engine looks at what is left each time it is woken, and asks for it less and less", async () => {
  let [asked, looked] = [0, 0];
  await using host = await runEngine({
    alter: (work) => ({
      ...work,
      eyes: {
        ...work.eyes,
        reads: {
          ...work.eyes.reads,
          guestRow: (vmid, how) => {
            if (vmid === VMID) looked++;
            return work.eyes.reads.guestRow(vmid, how);
          },
        },
      },
      facts: async (action, signal, row) => {
        const facts = await work.facts(action, signal, row);
        if (action.kind !== "guest.destroy") return facts;
        asked++;
        const tasks = { kind: "unproven", why: "the token sees its own tasks alone" } as const;
        return { ...facts, since: { agoMs: null, tasks } };
      },
    }),
  });
  await host.until(() => host.engine.phase === "running");
  await host.desk.selftest(null);
  // Once by the self-test itself, and once by who works on its guest then.
  await host.until(() => asked >= 2);
  [asked, looked] = [0, 0];
  await host.until(() => {
    host.engine.wake(VMID);
    return looked >= 40;
  });
  assert(asked <= 20, `${asked} times`);
  assert(isThere(host));
});

Deno.test("While somebody's leftover stands no second one is made, and the way out is told", async () => {
  await using open = await openWork();
  await leftover(open);
  set(open.simulator, { hostname: "wiki" });
  await sweep(open);
  const error = await placeScratch(open.work).then(() => null, (thrown) => thrown);
  assertEquals(error?.code, "selftest.refused");
  assertStringIncludes(error.message, CHANGED);
  assertStringIncludes(
    error.hint,
    "felhom-agent op new --op guest.destroy --vmid 299 --param purge=false",
  );
  // One that had its place before is refused as well.
  const scratch = { vmid: 298, image: "i", storage: "local-zfs", bridge: "vmbr0" };
  const wish = { transaction: crypto.randomUUID(), vmid: 298, scratch, stop: never() };
  const report = await runSelftest(open.work, wish, never());
  assertEquals([report.outcome, report.steps], ["refused", []]);
  assertStringIncludes(report.problem ?? "", "guest 299 is left");
  assertEquals(open.simulator.pve.world.guests.has(298), false);
  open.simulator.pve.world.guests.delete(VMID);
  assertEquals((await placeScratch(open.work)).vmid, VMID, "it is gone, and its mark with it");
  assertEquals(open.work.state.guests.scratch(), []);
});
