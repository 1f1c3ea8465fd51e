import { assertEquals } from "@std/assert";
import { runEngine, wanted } from "./run_engine.ts";

Deno.test("a guest of which something is told says how many steps it has left, in back-off too", async () => {
  await using host = await runEngine({
    simulator: { scenario: "mixed", guests: 4 },
    prepare({ simulator: { pve, wire }, want }) {
      // What cannot be read is told; its run state is looked after all the same.
      wire.faults.add({
        ...{ id: "unreadable", path: "/nodes/pve/lxc/201/pending" },
        fault: { kind: "status", status: 500 },
      });
      const fate = { kind: "fail", message: "it will not" } as const;
      pve.inject({ kind: "task", type: "vzstart", vmid: 201, fate, times: 2 });
      want(wanted(201, { state: "running", settings: { cores: 3 } }));
    },
  });
  const { desk, engine } = host;
  const said = () => {
    const { waiting, told } = desk.convergence();
    return [waiting.map(({ vmid, steps }) => [vmid, steps]), told.map(({ code }) => code)];
  };
  await host.until(() => (engine.ledger.record(201)?.failures ?? 0) > 0);
  assertEquals(said(), [[[201, 1]], ["unreadable"]]);
  await host.quiet();
  await host.until(() => host.simulator.pve.world.guest(201).running !== undefined);
  await host.quiet();
  assertEquals(said(), [[[201, 0]], ["unreadable"]]);
});

Deno.test("of a guest that was not looked at yet nobody says how many steps it has left", async () => {
  await using host = await runEngine({
    simulator: { scenario: "mixed", guests: 4 },
    prepare({ simulator: { wire }, want }) {
      wire.faults.add({ fault: { kind: "status", status: 595 } });
      want(wanted(201, { state: "running" }));
    },
  });
  await host.until(() => host.engine.report().phase === "recovering");
  assertEquals(host.desk.convergence().waiting.map(({ steps }) => steps), [null]);
});
