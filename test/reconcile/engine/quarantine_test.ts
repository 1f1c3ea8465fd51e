import { assertEquals, assertMatch } from "@std/assert";
import { startSimulator } from "../../sim/mod.ts";
import { inFolder } from "../../state/state_folder.ts";
import { runEngine, type RunningEngine } from "./run_engine.ts";

/** From 200 on, the even ones running and the odd ones stopped, all alike. */
const ALIKE = { scenario: "mixed", guests: 4 } as const;

/** What `apply` is given. */
function document(revision: string): string {
  return JSON.stringify({ version: 1, revision, guests: { "201": { state: "running" } } });
}

function starts({ simulator }: Pick<RunningEngine, "simulator">): number {
  return simulator.pve.world.tasks.all().filter(({ type, id }) =>
    type === "vzstart" && id === "201"
  )
    .length;
}

function isQuarantined({ engine }: RunningEngine): boolean {
  return (engine.ledger.record(201)?.quarantinedSince ?? null) !== null;
}

Deno.test("after five failures a revision is quarantined for its guest, over a restart too; a new one lifts it and resets the back-off", async () => {
  await using simulator = await startSimulator({ ...ALIKE, timeScale: 50 });
  const { pve } = simulator;
  const fate = { kind: "fail", message: "it will not" } as const;
  const fails = (times: number) =>
    pve.inject({ kind: "task", type: "vzstart", vmid: 201, fate, times });
  fails(5);
  await inFolder(async (folder) => {
    const options = { folder, on: simulator, local: true };
    const first = await runEngine(options);
    await first.desk.apply(document("one"), { dryRun: false });
    await first.until(() => isQuarantined(first));
    assertEquals(starts(first), 5);
    await first.quiet();
    assertEquals(starts(first), 5, "a pass does not try it again");
    assertEquals(first.desk.convergence().quarantined, [201]);
    assertMatch(
      first.desk.why(201),
      /^Guest 201 waits for a new revision: this one failed 5 times/,
    );
    // It is the revision that is in quarantine: what is asked for of the guest is done.
    const action = {
      kind: "guest.snapshot",
      guest: 201,
      params: { snapshot: "asked-for", description: "" },
    };
    await first.desk.request({ action, why: "asked for" });
    await first.quiet();
    assertEquals(pve.world.guest(201).config.snapshots.has("asked-for"), true);
    await first[Symbol.asyncDispose]();

    await using second = await runEngine(options);
    await second.quiet();
    assertEquals([starts(second), isQuarantined(second)], [5, true]);
    assertMatch(second.desk.why(201), /failed 5 times and is in quarantine/);

    // The same content under the same name is the same revision.
    await second.desk.apply(document("one"), { dryRun: false });
    await second.quiet();
    assertEquals(starts(second), 5);

    fails(1);
    await second.desk.apply(document("two"), { dryRun: false });
    // As after a first failure, not after a sixth.
    await second.until(() => second.engine.ledger.record(201)?.failures === 1);
    assertEquals([second.engine.ledger.record(201)?.counted, starts(second)], [1, 6]);
    await second.quiet();
    assertEquals(starts(second), 7);
    assertEquals(second.desk.convergence().converged, 1);
    assertEquals(second.work.state.quarantines.all(), []);
  });
});

Deno.test("what fails for the host's sake is tried again and never quarantined", async () => {
  await using host = await runEngine({
    ...{ simulator: ALIKE, local: true },
    prepare({ simulator }) {
      simulator.wire.faults.add({
        ...{ id: "away", method: "POST" },
        fault: { kind: "status", status: 595 },
      });
    },
  });
  await host.desk.apply(document("one"), { dryRun: false });
  const { pve: { world }, wire } = host.simulator;
  await host.until(() => host.engine.ledger.record(201)?.failures === 6);
  assertEquals(isQuarantined(host), false);
  wire.faults.remove("away");
  await host.until(() => world.guest(201).running !== undefined);
});
