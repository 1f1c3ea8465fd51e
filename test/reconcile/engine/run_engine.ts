import { localProvider } from "../../../src/reconcile/desired/local_provider.ts";
import { Desk } from "../../../src/reconcile/engine/desk.ts";
import { Engine, type EngineOptions } from "../../../src/reconcile/engine/engine.ts";
import { readFacts } from "../../../src/reconcile/facts/read_facts.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import type { DesiredGuest } from "../../../src/reconcile/desired/desired_state.ts";
import { RULES } from "../../support/rules.ts";
import { type OpenWork, openWork, type OpenWorkOptions } from "../support/open_work.ts";

/** An engine at work on a simulated host. Ends with `await using`. */
export interface RunningEngine extends OpenWork {
  readonly engine: Engine;
  readonly desk: Desk;
  /** Waits until a condition holds; throws with what the engine says when that takes too long. */
  until(holds: () => boolean): Promise<void>;
  /** Waits until nothing is queued, held or unfinished, and a pass was made since. */
  quiet(): Promise<void>;
  /** What was asked of the host to change it, as `POST /nodes/pve/lxc/201/status/start`. */
  sent(): string[];
  /** Ends the engine as a daemon does, and waits. */
  stop(): Promise<void>;
}

/** Machine time after which something that is waited for will not come. */
const PATIENCE_MS = 20_000;

export type RunEngineOptions = OpenWorkOptions & EngineOptions & {
  /** Called before the engine starts. */
  readonly prepare?: (open: OpenWork) => void | Promise<void>;
  /** Whether what is applied at the desk is wanted, as in the daemon. @default what `want` says */
  readonly local?: boolean;
  /** What the engine works with in place of what was opened. @default the same */
  readonly alter?: (work: Work) => Work;
};

/** A guest of a desired state. */
export function wanted(vmid: number, rest: Partial<DesiredGuest> = {}): DesiredGuest {
  return { vmid, settings: {}, restart: "never", ...rest };
}

/** Starts an engine. The facts are read from the host, as in the daemon. */
export async function runEngine(options: RunEngineOptions = {}): Promise<RunningEngine> {
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openWork(options));
  const { work: parts, goldenImages } = open;
  const { alter = (same) => same } = options;
  const provider = options.local === true ? localProvider(parts.state.desired) : parts.provider;
  const work = alter({
    ...parts,
    provider,
    facts: (action, signal, row) =>
      readFacts(action, {
        reads: parts.eyes.reads,
        state: parts.state,
        provider,
        managed: parts.managed,
        drills: parts.drills,
        departures: parts.departures,
        runningMacs: open.runningMacs,
        startupDelays: open.startupDelays,
        goldenImages,
        rules: options.rules ?? RULES,
        capacity: parts.capacity,
        now: () => parts.clock.now(),
      }, { signal, row }),
  });
  await options.prepare?.(open);
  const ending = new AbortController();
  const engine = new Engine(work, options);
  const desk = new Desk(engine, { signal: ending.signal });
  const running = engine.run(ending.signal);
  // That it failed is told to who waits for something.
  let failure: { readonly error: unknown } | undefined;
  running.catch((error) => {
    failure = { error };
  });
  const stop = async () => {
    ending.abort();
    await running;
  };
  opening.defer(stop);
  const until = async (holds: () => boolean) => {
    const limit = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (performance.now() > limit) {
        throw new Error(`It did not come to that: ${JSON.stringify(engine.report())}`);
      }
      if (failure !== undefined) throw failure.error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const opened = opening.move();
  return {
    ...open,
    work,
    engine,
    desk,
    until,
    async quiet() {
      const idleAfter = async (passes: number) => {
        await until(() => {
          const report = engine.report();
          return report.passes > passes && report.queued === 0 && engine.queue.busy.length === 0 &&
            work.state.operations.unfinished().length === 0;
        });
      };
      await idleAfter(0);
      // The pass that was under way may have looked before the last step was done; the next did not.
      const { passes } = engine.report();
      engine.passNow();
      await idleAfter(passes);
    },
    sent() {
      return open.simulator.wire.log.rows().filter(({ method }) => method !== "GET")
        .map(({ method, path }) => `${method} ${path}`);
    },
    stop,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
