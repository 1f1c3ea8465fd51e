import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FelhomError } from "../../../src/errors.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { parseWorld } from "../../e2e/ledger/world_view.ts";
import { runEngine, wanted } from "./run_engine.ts";

/** From 200 on, the even ones running and the odd ones stopped, all alike. */
const ALIKE = { simulator: { scenario: "mixed", guests: 6 } } as const;

for (const [random, interval] of [[0, 24_000], [0.5, 30_000], [1, 36_000]] as const) {
  Deno.test(`the first pass is made at once, the next after ${interval} ms for chance ${random}`, async () => {
    const clock = new FakeClock();
    await using host = await runEngine({
      ...ALIKE,
      clock,
      alter: (work) => ({ ...work, random: () => random }),
    });
    const { engine } = host;
    const waits = (passes: number) => () =>
      engine.report().passes === passes && engine.nextPassInMs !== null;
    await host.until(waits(1));
    assertEquals(clock.monotonic(), 0);
    assertEquals(engine.nextPassInMs, interval);
    await clock.advance(interval - 1);
    assertEquals(engine.nextPassInMs, 1);
    assertEquals(engine.report().passes, 1);
    await clock.advance(1);
    await host.until(waits(2));
    assertEquals(clock.monotonic(), interval);
  });
}

Deno.test("a pass tells what it planned, what was done since the start, what failed, what is unread", async () => {
  await using host = await runEngine({
    ...ALIKE,
    prepare({ want, simulator }) {
      want(
        wanted(200, { settings: { cores: 3 } }),
        wanted(201, { state: "running" }),
        wanted(203, { state: "running", settings: { cores: 3 } }),
        wanted(202, { settings: { cores: 3 } }),
      );
      const fate = { kind: "fail", message: "it will not" } as const;
      simulator.pve.inject({ kind: "task", type: "vzstart", vmid: 201, fate, times: 1000 });
      simulator.wire.faults.add({
        path: "^/nodes/pve/lxc/202/(pending|config)",
        fault: { kind: "status", status: 500, body: { data: null, message: "odd\n" } },
      });
    },
  });
  const { engine } = host;
  await host.until(() => {
    engine.passNow();
    const last = engine.report().lastPass;
    return last !== null && last.executed === 3 && last.failed >= 1 && last.planned === 1;
  });
  const { guests, errors } = engine.report().lastPass ?? {};
  assertEquals(guests, { total: 7, running: 4, desired: 4 });
  assertEquals(errors?.length, 1);
  assertStringIncludes(errors?.[0] ?? "", "202: ");
});

Deno.test("a guest that is to run costs pvedaemon its row before and after, a last look, the start, its task", async () => {
  await using host = await runEngine({
    ...ALIKE,
    prepare: ({ want }) => void want(wanted(201, { state: "running" })),
  });
  await host.quiet();
  const proxied = host.simulator.wire.log.rows()
    .filter(({ proxied, path }) => proxied && path.includes("201"))
    .map(({ method, route }) => `${method} ${route?.replace("/nodes/{node}", "")}`);
  const looks = proxied.filter((call) => call.startsWith("GET /tasks/"));
  const others = proxied.filter((call) => !call.startsWith("GET /tasks/"));
  assertEquals(others, [
    "GET /lxc/{vmid}/status/current",
    "GET /lxc/{vmid}/status/current",
    "POST /lxc/{vmid}/status/start",
    "GET /lxc/{vmid}/status/current",
  ]);
  assert(looks.length <= 6, `${looks.length} looks at the task`);
});

Deno.test("what a guest uses is read as late as can be before its memory changes", async () => {
  await using host = await runEngine({
    ...ALIKE,
    prepare: ({ want }) => void want(wanted(200, { settings: { memory: 600 } })),
  });
  await host.quiet();
  const proxied = host.simulator.wire.log.rows()
    .filter(({ proxied, path }) => proxied && path.includes("200"))
    .map(({ method, route }) => `${method} ${route?.replace("/nodes/{node}", "")}`);
  assertEquals(proxied, [
    "GET /lxc/{vmid}/status/current",
    "GET /lxc/{vmid}/status/current",
    "PUT /lxc/{vmid}/config",
    "GET /lxc/{vmid}/status/current",
  ]);
});

Deno.test("a desired state that cannot be read fails the pass, which changes nothing and is made again", async () => {
  await using host = await runEngine({
    ...ALIKE,
    prepare(open) {
      open.wantsNothingReadable(new FelhomError("desired.unreadable", "Cannot read it"));
    },
  });
  const { engine } = host;
  await host.until(() => engine.report().failing >= 2);
  const { lastPass, lastError } = engine.report();
  assertEquals([lastPass, lastError?.code], [null, "desired.unreadable"]);
  assertStringIncludes(host.desk.why(200), "waits for a desired state that can be read");
  assertEquals(host.sent(), []);
  host.want(wanted(200, { settings: { cores: 3 } }));
  await host.quiet();
  assertEquals(engine.report().failing, 0);
  assertEquals(host.sent(), ["PUT /nodes/pve/lxc/200/config"]);
});

Deno.test("a list that cannot be read fails the pass, which changes nothing and is made again soon", async () => {
  const clock = new FakeClock();
  await using host = await runEngine({
    ...ALIKE,
    clock,
    prepare({ want, simulator }) {
      want(wanted(200, { settings: { cores: 3 } }), wanted(201, { state: "running" }));
      simulator.wire.faults.add({
        ...{ id: "away", route: "/nodes/{node}/lxc", method: "GET" },
        fault: { kind: "status", status: 595 },
      });
    },
  });
  const { engine, simulator } = host;
  const waits = () => engine.nextPassInMs !== null;
  await host.until(waits);
  for (const [failing, inMs] of [[1, 2_000], [2, 4_000], [3, 8_000]] as const) {
    assertEquals([engine.report().failing, engine.nextPassInMs], [failing, inMs]);
    assertEquals(engine.report().lastPass, null);
    await clock.advance(inMs);
    await host.until(waits);
  }
  assertEquals(engine.report().lastError?.code, "proxmox.daemon_down");
  assertStringIncludes(host.desk.why(200), "waits for Proxmox");
  assertEquals(host.sent(), []);
  simulator.wire.faults.remove("away");
  engine.passNow();
  await host.until(() => engine.report().failing === 0 && host.sent().length === 2);
});

Deno.test("a guest whose configuration cannot be read is started and stopped, its settings are left", async () => {
  await using host = await runEngine({
    ...ALIKE,
    prepare({ want, simulator }) {
      want(
        wanted(200, { state: "stopped", settings: { cores: 3 } }),
        wanted(201, { state: "running", settings: { cores: 3 } }),
        wanted(203, { settings: { cores: 3 } }),
      );
      simulator.wire.faults.add({
        path: "^/nodes/pve/lxc/20[01]/(pending|config)",
        fault: { kind: "status", status: 500, body: { data: null, message: "odd\n" } },
      });
    },
  });
  const { world } = host.simulator.pve;
  await host.quiet();
  assertEquals([world.guest(200).running, world.guest(201).running === undefined], [
    undefined,
    false,
  ]);
  assertEquals(host.sent().toSorted(), [
    "POST /nodes/pve/lxc/200/status/shutdown",
    "POST /nodes/pve/lxc/201/status/start",
    "PUT /nodes/pve/lxc/203/config",
  ]);
  assertStringIncludes(host.desk.why(201), "its settings are left alone");
});

Deno.test("one guest that fails costs only itself", async () => {
  await using host = await runEngine({
    ...ALIKE,
    prepare({ want, simulator }) {
      want(
        ...[201, 203, 205].map((vmid) => wanted(vmid, { state: "running" })),
      );
      const fate = { kind: "fail", message: "it will not" } as const;
      simulator.pve.inject({ kind: "task", type: "vzstart", vmid: 203, fate, times: 1000 });
    },
  });
  const { world } = host.simulator.pve;
  await host.until(() => (host.engine.ledger.record(203)?.quarantinedSince ?? null) !== null);
  assertEquals([201, 203, 205].map((vmid) => world.guest(vmid).running !== undefined), [
    true,
    false,
    true,
  ]);
  assertEquals(host.desk.convergence().quarantined, [203]);
  assertEquals(host.engine.report().failing, 0);
});

Deno.test("an empty desired state plans nothing and destroys nothing; a guest missing from one is left", async () => {
  await using host = await runEngine({ ...ALIKE, prepare: ({ want }) => void want() });
  const { simulator, engine } = host;
  const guests = () => parseWorld(simulator.pve.snapshot()).guests;
  const before = guests();
  await host.quiet();
  assertEquals(engine.report().lastPass?.planned, 0);
  assertEquals(host.sent(), []);
  assertEquals(guests(), before);
  // Once wanted, and then not any more: nothing is taken back, nothing is destroyed.
  host.want(wanted(200, { settings: { cores: 3 } }), wanted(201, { settings: { cores: 3 } }));
  await host.quiet();
  host.want(wanted(200, { settings: { cores: 3 } }));
  simulator.pve.inject({ kind: "change-config", vmid: 201, set: { cores: "7" } });
  await host.quiet();
  assertEquals(simulator.pve.world.guest(201).config.options.get("cores"), "7");
  assertEquals(host.sent().toSorted(), [
    "PUT /nodes/pve/lxc/200/config",
    "PUT /nodes/pve/lxc/201/config",
  ]);
  assertStringIncludes(host.desk.why(201), "is left alone: no desired state names it");
});

Deno.test("a pass marks guests, by VMID, and does nothing to them", async () => {
  await using host = await runEngine({
    ...ALIKE,
    parallel: 0,
    prepare: ({ want }) =>
      void want(
        wanted(200, { settings: { cores: 3 }, state: "stopped" }),
        wanted(201, { state: "running" }),
        wanted(202, {}),
      ),
  });
  const { engine } = host;
  for (const passes of [1, 2]) {
    await host.until(() => engine.report().passes === passes);
    assertEquals(engine.report().lastPass?.planned, 3);
    assertEquals(engine.report().queued, 2, "each once, however often a pass finds it");
    engine.passNow();
  }
  assertEquals([200, 201, 202].map((vmid) => engine.queue.waiting(vmid) !== null), [
    true,
    true,
    false,
  ]);
  assertEquals(host.sent(), []);
  // What a pass marked is read anew by who takes it: it holds a VMID, and no plan.
  const taking = new AbortController();
  const hold = await engine.queue.take(taking.signal);
  assertEquals(hold === null ? [] : Object.keys(hold).toSorted(), ["lane", "release", "tell"]);
});

for (const [said, kept] of [["600.2 MiB", 601], [600.5, 601], ["0.586 GiB", 601]] as const) {
  Deno.test(`memory of ${said} becomes ${kept} MiB in one pass, and stays so`, async () => {
    await using host = await runEngine({ ...ALIKE, local: true });
    const document = { version: 1, revision: "1", guests: { "201": { memory: said } } };
    const { plan } = await host.desk.apply(JSON.stringify(document), { dryRun: false });
    assertEquals(plan.split("\n")[0], `201 customer-2: set memory 512 MiB -> ${kept} MiB`);
    await host.quiet();
    assertEquals(host.engine.report().lastPass?.planned, 0);
    assertEquals(host.sent(), ["PUT /nodes/pve/lxc/201/config"]);
    const { options } = host.simulator.pve.world.guest(201).config;
    assertEquals(options.get("memory"), String(kept));
  });
}

Deno.test("a mistake of the product's at one guest costs only that guest", async () => {
  await using host = await runEngine({
    ...ALIKE,
    alter: (work) => ({
      ...work,
      eyes: {
        ...work.eyes,
        reads: {
          ...work.eyes.reads,
          guestRow(vmid, call) {
            if (vmid === 203) throw new TypeError("Nobody thought of that");
            return work.eyes.reads.guestRow(vmid, call);
          },
        },
      },
    }),
    parallel: 1,
    prepare: ({ want }) =>
      void want(...[201, 203, 205].map((vmid) => wanted(vmid, { state: "running" }))),
  });
  const { world } = host.simulator.pve;
  await host.until(() => [201, 205].every((vmid) => world.guest(vmid).running !== undefined));
  // It is tried again later, and later still.
  const due = () => host.engine.queue.waiting(203)?.dueInMs ?? 0;
  await host.until(() => due() > 2_400);
  assertEquals(host.engine.phase, "running");
  assertEquals(world.guest(203).running, undefined);
});
