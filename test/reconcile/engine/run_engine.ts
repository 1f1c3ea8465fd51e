import { Desk } from "../../../src/reconcile/engine/desk.ts";
import { Engine, type EngineOptions } from "../../../src/reconcile/engine/engine.ts";
import { readFacts } from "../../../src/reconcile/facts/read_facts.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { type OpenWork, openWork, type OpenWorkOptions } from "../support/open_work.ts";

/** An engine at work on a simulated host. Ends with `await using`. */
export interface RunningEngine extends OpenWork {
  readonly engine: Engine;
  readonly desk: Desk;
  /** Waits until a condition holds; throws with what the engine says when that takes too long. */
  until(holds: () => boolean): Promise<void>;
  /** Waits until nothing is queued, held or unfinished, and a pass was made since. */
  quiet(): Promise<void>;
  /** Ends the engine as a daemon does, and waits. */
  stop(): Promise<void>;
}

/** Machine time after which something that is waited for will not come. */
const PATIENCE_MS = 20_000;

export type RunEngineOptions = OpenWorkOptions & EngineOptions & {
  /** Called before the engine starts. */
  readonly prepare?: (open: OpenWork) => void | Promise<void>;
};

/** Starts an engine. The facts are read from the host, as in the daemon. */
export async function runEngine(options: RunEngineOptions = {}): Promise<RunningEngine> {
  await using opening = new AsyncDisposableStack();
  const open = opening.use(await openWork(options));
  const { work: parts, goldenImages } = open;
  const work: Work = {
    ...parts,
    facts: (action, signal) =>
      readFacts(action, {
        reads: parts.eyes.reads,
        state: parts.state,
        provider: parts.provider,
        managed: parts.managed,
        goldenImages,
        now: () => parts.clock.now(),
      }, { signal }),
  };
  await options.prepare?.(open);
  const ending = new AbortController();
  const engine = new Engine(work, options);
  const desk = new Desk(engine, ending.signal);
  const running = engine.run(ending.signal);
  running.catch(() => {});
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
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 2))]);
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
    stop,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
