import { assertEquals, assertMatch } from "@std/assert";
import { POLICY } from "../../../src/gate/mod.ts";
import { startSimulator } from "../../sim/mod.ts";
import { runEngine, type RunningEngine, wanted } from "./run_engine.ts";

const HOUR = 60 * 60_000;
const MIXED = { scenario: "mixed", guests: 8, timeScale: 50 } as const;
/** Those of the eight that are stopped, and those that run. */
const DOWN = [201, 203, 205, 207];
const UP = [200, 202, 204, 206];

function document(state: "running", vmids: readonly number[]): string {
  return JSON.stringify({
    ...{ version: 1, revision: "one" },
    guests: Object.fromEntries(vmids.map((vmid) => [vmid, { state }])),
  });
}

function sentTo({ sent }: RunningEngine, verb: string): number[] {
  return sent().filter((line) => line.endsWith(`/status/${verb}`))
    .map((line) => Number(/lxc\/(\d+)/.exec(line)?.[1])).toSorted();
}

function refusedOnes(host: RunningEngine, vmids: readonly number[], why: RegExp): number {
  return vmids.filter((vmid) => why.test(problemOf(host, vmid))).length;
}

/** An engine on a host whose desired state, accepted so long ago, has stopped guests running. */
async function afterPowerCut(acceptedAgo: number, test: (host: RunningEngine) => Promise<void>) {
  const policy = { ...POLICY, hostStarts: { ...POLICY.hostStarts, most: 2 } };
  await using host = await runEngine({
    ...{ simulator: MIXED, local: true, policy, parallel: 2 },
    prepare({ work: { state, clock } }) {
      const text = document("running", DOWN);
      const acceptedAt = clock.now() - acceptedAgo;
      state.desired.accept({
        ...{ provider: "local", revision: "one", digest: "d", document: text, acceptedAt },
      });
    },
  });
  await test(host);
}

Deno.test("after a power cut all guests come up that were held to run, whatever the host's budget", async () => {
  await afterPowerCut(HOUR, async (host) => {
    await host.quiet();
    assertEquals(sentTo(host, "start"), DOWN);
  });
});

Deno.test("a desired state that is new has the host's budget", async () => {
  await afterPowerCut(0, async (host) => {
    await host.until(() =>
      sentTo(host, "start").length + refusedOnes(host, DOWN, /The host had 2 starts/) ===
        DOWN.length
    );
    assertEquals(sentTo(host, "start").length, 2);
  });
});

Deno.test("a guest that powers itself off again and again is started so often an hour, and then left", async () => {
  const policy = { ...POLICY, guestStarts: { ...POLICY.guestStarts, most: 3 } };
  await using simulator = await startSimulator(MIXED);
  const { pve } = simulator;
  await using host = await runEngine({
    ...{ on: simulator, policy },
    prepare: ({ want }) => void want(wanted(201, { state: "running" })),
  });
  const started = () => sentTo(host, "start").length;
  const refused = () => /had 3 starts within the hour/.test(problemOf(host, 201));
  for (let times = 1; times <= 3; times++) {
    await host.until(() =>
      started() === times && pve.world.isRunning(201) &&
      host.work.state.operations.unfinishedOf(201).length === 0
    );
    pve.inject({ kind: "crash", vmid: 201 });
    host.engine.passNow();
  }
  await host.until(refused);
  assertMatch(problemOf(host, 201), /3 are let through \(guests\.hourly\.starts_per_guest\)/);
  host.engine.passNow();
  const { passes } = host.engine.report();
  await host.until(() => host.engine.report().passes > passes + 2);
  assertEquals(started(), 3);
  assertEquals(host.engine.ledger.record(201)?.quarantinedSince ?? null, null);
});

function problemOf({ engine }: RunningEngine, vmid: number): string {
  return engine.ledger.record(vmid)?.last?.problem ?? "";
}

for (
  const [provider, stopped] of [["hub", 1], ["local", UP.length]] as const
) {
  Deno.test(`what ${provider} wants stopped is ${stopped} of ${UP.length} guests where one may be asked for`, async () => {
    const policy = { ...POLICY, asked: { guests: 1, share: 0 } };
    await using host = await runEngine({
      ...{ simulator: MIXED, policy },
      alter: (work) => ({
        ...work,
        provider: {
          name: provider,
          current: () => ({ ...work.provider.current(), provider }),
        },
      }),
      prepare: ({ want }) => void want(...UP.map((vmid) => wanted(vmid, { state: "stopped" }))),
    });
    await host.until(() =>
      sentTo(host, "shutdown").length + refusedOnes(host, UP, /^.*hub had 1 guests stopped/) ===
        UP.length
    );
    assertEquals(sentTo(host, "shutdown").length, stopped);
  });
}
