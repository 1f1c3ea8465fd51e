import type { DesiredGuest, DesiredState } from "../../src/reconcile/desired/desired_state.ts";
import type { Engine } from "../../src/reconcile/engine/engine.ts";
import { scaledClock } from "../sim/scaled_clock.ts";
import { type SpawnedSimulator, spawnSimulator } from "../sim/spawn.ts";
import { openBareClient } from "./bare_client.ts";
import type { Comparison, Suite } from "./frame.ts";
import { convergeIdeally, type ConvergenceLimits } from "./ideal_convergence.ts";
import { openEngine } from "./open_engine.ts";

const DRIFTED = 200;
const TASK_MS = 2_000;
/** As on a host: computing and commits go no faster, and would count for more than they are. */
const TIME_SCALE = 1;
/** What either side is held to. */
const LIMITS: ConvergenceLimits = { guests: 32, proxied: 2, statusCalls: 6 };

/** The engine converging a host on which many guests are down, against the ideal. */
export async function convergenceSuite(drifted = DRIFTED): Promise<Suite> {
  await using opening = new AsyncDisposableStack();
  const simulator = opening.use(
    await spawnSimulator([
      ...["--scenario", "mixed", "--guests", `${2 * drifted}`],
      ...["--task-ms", `${TASK_MS}`, "--time-scale", `${TIME_SCALE}`],
      ...["--latency", "measured"],
    ]),
  );
  const clock = scaledClock(TIME_SCALE);
  const bare = openBareClient(simulator);
  opening.defer(() => bare.close());
  const { engine, want } = opening.use(
    await openEngine(simulator, { clock, parallel: LIMITS.guests }),
  );
  const stop = new AbortController();
  const running = engine.run(stop.signal);
  opening.defer(async () => {
    stop.abort();
    await running;
  });
  const vmids = Array.from({ length: drifted }, (_, index) => 201 + 2 * index);
  let revision = 0;
  const state = (guests: readonly DesiredGuest[]): DesiredState => ({
    provider: "bench",
    revision: `${++revision}`,
    guests: new Map(guests.map((guest) => [guest.vmid, guest])),
  });
  const up = vmids.map((vmid): DesiredGuest => ({
    vmid,
    state: "running",
    settings: {},
    restart: "never",
  }));

  const comparison: Comparison = {
    title: `Converging ${drifted} guests that are down: ${TASK_MS / 1000} s a task, ` +
      `${LIMITS.guests} guests and ${LIMITS.proxied} proxied calls at once, latencies as measured`,
    rounds: 3,
    warmUp: 1,
    baseline: {
      name: "the necessary calls, bare",
      async run() {
        await drift(simulator, vmids);
        const start = performance.now();
        await convergeIdeally(vmids, LIMITS, {
          ...{ bare, node: simulator.node, clock, taskMs: TASK_MS },
        });
        return performance.now() - start;
      },
    },
    contenders: [{
      name: "the engine",
      async run() {
        await drift(simulator, vmids);
        await simulator.control.clearLog();
        want(state(up));
        const start = performance.now();
        engine.passNow();
        while (!vmids.every((vmid) => isConverged(engine, vmid, revision))) await clock.sleep(20);
        const took = performance.now() - start;
        want(state([]));
        await assertSpared(simulator);
        return took;
      },
      limit: 1.3,
    }],
  };
  const opened = opening.move();
  return { comparisons: [comparison], close: () => opened.disposeAsync() };
}

/** Whether the engine saw a guest as it is wanted now. */
function isConverged({ ledger }: Engine, vmid: number, revision: number): boolean {
  const record = ledger.record(vmid);
  return record?.of.revision === `${revision}` && record.converged;
}

/** Takes guests down behind everybody's back. */
async function drift({ control }: SpawnedSimulator, vmids: readonly number[]): Promise<void> {
  for (const vmid of vmids) await control.inject({ kind: "crash", vmid });
}

/** @throws {Error} when a task was asked after more often than it may be */
async function assertSpared({ control }: SpawnedSimulator): Promise<void> {
  const asked = new Map<string, number>();
  for (const { path } of await control.log()) {
    if (/\/tasks\/.*\/status$/.test(path)) asked.set(path, (asked.get(path) ?? 0) + 1);
  }
  const most = Math.max(...asked.values());
  if (most > LIMITS.statusCalls) throw new Error(`A task was asked after ${most} times`);
}
