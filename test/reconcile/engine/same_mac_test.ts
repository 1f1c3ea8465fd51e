import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { openWork } from "../support/open_work.ts";
import { runEngine, wanted } from "./run_engine.ts";

const HOST = { scenario: "mixed", timeScale: 50 } as const;

/** Gives a guest another's MAC, in small letters as root may write it. */
function copyMac({ pve: { world } }: Simulator, from: number, to: number, how: "now" | "pending") {
  const net0 = world.guest(from).config.options.get("net0") ?? "";
  assert(/hwaddr=/.test(net0));
  const guest = world.guest(to);
  const small = net0.replace(/hwaddr=[^,]+/, (each) => each.toLowerCase());
  guest.config = how === "now"
    ? { ...guest.config, options: new Map([...guest.config.options, ["net0", small]]) }
    : { ...guest.config, pending: new Map([["net0", small]]) };
}

for (const how of ["now", "pending"] as const) {
  Deno.test(`a guest is not started beside one that runs with its MAC (${how}), and is when that is down`, async () => {
    await using simulator = await startSimulator({ ...HOST, guests: 2 });
    copyMac(simulator, 200, 201, how);
    await using host = await runEngine({
      on: simulator,
      prepare: ({ want }) => void want(wanted(201, { state: "running" })),
    });
    await host.until(() => (host.engine.ledger.record(201)?.last?.problem ?? null) !== null);
    const why = host.desk.why(201);
    assertStringIncludes(why, "Guest 200 has the MAC BC:24:11");
    assertStringIncludes(why, "give one of them another MAC");
    assertEquals(host.sent(), []);
    assertEquals(host.engine.ledger.record(201)?.counted, 0, "it is no fault of the revision");
    simulator.pve.inject({ kind: "crash", vmid: 200 });
    await host.until(() => host.engine.ledger.record(201)?.converged === true);
    assertEquals(simulator.pve.world.guest(201).running === undefined, false);
  });
}

Deno.test("of two stopped guests with one MAC that are both wanted, one runs and the other says why not", async () => {
  await using simulator = await startSimulator({ ...HOST, guests: 4 });
  copyMac(simulator, 201, 203, "now");
  await using host = await runEngine({
    on: simulator,
    prepare: ({ want }) =>
      void want(wanted(201, { state: "running" }), wanted(203, { state: "running" })),
  });
  const { ledger } = host.engine;
  await host.until(() =>
    [201, 203].some((vmid) => ledger.record(vmid)?.converged === true) &&
    [201, 203].some((vmid) => (ledger.record(vmid)?.last?.problem ?? null) !== null)
  );
  assertEquals(host.sent().length, 1);
  const [up, down] = ledger.record(201)?.converged === true ? [201, 203] : [203, 201];
  assertStringIncludes(host.desk.why(down), `Guest ${up} has the MAC`);
});

Deno.test("guests that start at once cost a look at each that runs, and not at each pair", async () => {
  await using simulator = await startSimulator({ ...HOST, guests: 40 });
  await using opened = await openWork({ on: simulator });
  const { running, down } = Object.groupBy(
    [...simulator.pve.world.guests.values()],
    (guest) => guest.running === undefined ? "down" : "running",
  );
  assert(running !== undefined && down !== undefined && down.length >= 20);
  const signal = new AbortController().signal;
  const looks = async () => {
    simulator.wire.log.clear();
    const facts = await Promise.all(
      down.map(({ vmid }) =>
        opened.work.facts({ kind: "guest.start", guest: vmid, params: {} }, signal)
      ),
    );
    assert(facts.every(({ macs }) => macs !== null));
    return simulator.wire.log.rows().filter(({ route }) => route?.endsWith("/pending")).length;
  };
  assertEquals([await looks(), await looks()], [running.length, 0]);
});

Deno.test("a list that cannot be read keeps no guest down, and neither does a guest", async () => {
  await using simulator = await startSimulator({ ...HOST, guests: 4 });
  await using host = await runEngine({
    on: simulator,
    prepare: ({ simulator: { wire }, want }) => {
      wire.faults.add({
        path: "/lxc/20[02]/pending$",
        fault: { kind: "status", status: 500, reason: "no" },
      });
      want(wanted(201, { state: "running" }));
    },
  });
  await host.until(() => host.engine.ledger.record(201)?.converged === true);
  simulator.pve.inject({ kind: "crash", vmid: 201 });
  simulator.wire.faults.add({
    path: "/lxc$",
    fault: { kind: "status", status: 500, reason: "no" },
  });
  host.engine.wake(201);
  await host.until(() => simulator.pve.world.guest(201).running !== undefined);
  simulator.wire.faults.clear();
  await host.quiet();
  assertEquals(host.sent().length, 2);
});
