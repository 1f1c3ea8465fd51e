import { Engine, type EngineOptions } from "../../../src/reconcile/engine/engine.ts";
import type { DesiredGuest } from "../../../src/reconcile/desired/desired_state.ts";
import { readFacts } from "../../../src/reconcile/facts/read_facts.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import {
  type OpenWork,
  openWork,
  type OpenWorkOptions,
} from "../../reconcile/support/open_work.ts";
import { RULES } from "../../support/rules.ts";
import type { Books } from "../ledger/books.ts";
import { judge, type JudgeOptions } from "../ledger/judge.ts";
import { simulatorBooks } from "../ledger/simulator_books.ts";

export interface EngineHostOptions extends OpenWorkOptions {
  readonly engine?: EngineOptions;
}

export interface ProblemsOptions extends JudgeOptions {
  /** @default what the simulator's own wire has logged */
  readonly requests?: Books["requests"];
}

/** The whole engine at work on a simulated host. Ends with `await using`, its work finished. */
export interface EngineHost extends AsyncDisposable {
  readonly opened: OpenWork;
  readonly engine: Engine;
  /**
   * Waits until the host is as it is wanted, by the host itself, and the engine has nothing to do.
   *
   * @throws {Error} when that does not come in time, with what is not so
   */
  converged(patienceMs?: number): Promise<void>;
  /** What is wrong with the books. */
  problems(options?: ProblemsOptions): string[];
}

/** Starts the engine on open work; facts are read as the daemon reads them. */
export async function startEngine(options: EngineHostOptions = {}): Promise<EngineHost> {
  await using starting = new AsyncDisposableStack();
  const opened = starting.use(await openWork(options));
  const { runningMacs, startupDelays } = opened;
  const { eyes: { reads }, state, provider, managed, departures, clock, capacity } = opened.work;
  const sources = {
    ...{
      reads,
      state,
      provider,
      managed,
      departures,
      goldenImages: [],
      runningMacs,
      startupDelays,
    },
    rules: RULES,
    capacity,
    now: () => clock.now(),
  };
  const work = {
    ...opened.work,
    facts: (...[action, signal, row]: Parameters<Work["facts"]>) =>
      readFacts(action, sources, { signal, row }),
  };
  const engine = new Engine(work, options.engine);
  const stop = new AbortController();
  const running = engine.run(stop.signal);
  starting.defer(async () => {
    stop.abort();
    await running;
  });
  const started = starting.move();
  return {
    opened,
    engine,
    async converged(patienceMs = 30_000) {
      const end = performance.now() + patienceMs;
      let open = whatIsOpen(engine, opened);
      while (open !== "") {
        if (performance.now() > end) throw new Error(`Waited in vain: ${open}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open = whatIsOpen(engine, opened);
      }
    },
    problems({ requests, ...judging } = {}) {
      const books = simulatorBooks(state.operations, opened.simulator);
      return [...judge({ ...books, ...(requests && { requests }) }, judging).problems];
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function whatIsOpen(engine: Engine, { work, simulator }: OpenWork): string {
  const { queued, busy, phase } = engine.report();
  const unlike = [...work.provider.current().guests.values()]
    .filter((guest) => !isAsWanted(simulator.pve.world, guest));
  const left = work.state.operations.unfinished().length;
  return [
    phase === "running" ? "" : `it is ${phase}`,
    unlike.length === 0
      ? ""
      : `${unlike.length} guests are not as wanted, ${unlike[0]?.vmid} first`,
    left === 0 ? "" : `${left} operations open`,
    busy.length === 0 ? "" : `busy with ${busy.join(", ")}`,
    queued === 0 ? "" : `${queued} queued`,
  ].filter((text) => text !== "").join(", ");
}

/** Whether the host itself has a guest as it is wanted, in run state and memory. */
function isAsWanted(
  world: OpenWork["simulator"]["pve"]["world"],
  { vmid, state, settings }: DesiredGuest,
): boolean {
  const guest = world.guest(vmid);
  const running = guest.running !== undefined;
  return (state === undefined || running === (state === "running")) &&
    (settings.memory === undefined ||
      guest.config.options.get("memory") === String(settings.memory));
}
