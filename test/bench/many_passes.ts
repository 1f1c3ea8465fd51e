import { systemClock } from "../../src/clock.ts";
import { createLogger } from "../../src/log/create_logger.ts";
import { convergenceOf } from "../../src/reconcile/engine/convergence.ts";
import { Desk } from "../../src/reconcile/engine/desk.ts";
import { Engine } from "../../src/reconcile/engine/engine.ts";
import { scaledClock } from "../sim/scaled_clock.ts";
import { spawnSimulator } from "../sim/spawn.ts";
import { openReads } from "../support/open_reads.ts";
import { asTheyAre } from "./as_they_are.ts";
import { openEngine } from "./open_engine.ts";

/** Both sides of the wire: a task of two seconds takes 40 ms. */
const TIME_SCALE = 50;
const GUESTS = 60;
const DESIRED = 20;
/** Passes from one thing that is changed by hand to the next. */
const CHANGED_EVERY = 5;
/** Passes from one self-test, one wish for a destruction and one new revision to the next. */
const WISHED_EVERY = 20;
/** Machine time after which something that is waited for will not come. */
const PATIENCE_MS = 30_000;

/** What the engine had done by a certain pass. */
export interface Done {
  readonly passes: number;
  /** Operations that succeeded. */
  readonly succeeded: number;
  /** Records in the audit log. */
  readonly audited: number;
}

/**
 * The daemon's engine on a simulator in another process, pass after pass, with work in between: guests
 * are changed by hand and made good, self-tests are run, destructions wait for a signature, what is
 * desired gets another revision.
 */
export interface ManyPasses extends AsyncDisposable {
  /**
   * Goes on until so many passes were made since the beginning, and nothing is under way.
   *
   * @throws {Error} when a pass or a guest fails
   */
  reach(passes: number): Promise<Done>;
}

/** Starts the engine. */
export async function startManyPasses(): Promise<ManyPasses> {
  await using starting = new AsyncDisposableStack();
  const simulator = starting.use(
    await spawnSimulator([
      ...["--guests", `${GUESTS}`, "--time-scale", `${TIME_SCALE}`, "--task-ms", "2000"],
    ]),
  );
  const { reads } = starting.use(openReads(simulator));
  const all = (await reads.guests()).toSorted((one, other) => one.vmid - other.vmid);
  const vmids = all.slice(0, DESIRED).map(({ vmid }) => vmid);
  const running = all.slice(0, DESIRED).filter(({ status }) => status === "running");
  const stopped = all.slice(DESIRED).filter(({ status }) => status !== "running");
  const desired = await asTheyAre(reads, vmids);

  const clock = scaledClock(TIME_SCALE);
  const opened = starting.use(await openEngine(simulator, { clock }));
  const log = createLogger({ clock: systemClock, sink: { write() {} }, level: "debug" });
  const engine = new Engine({ ...opened.engine.work, log });
  const { state } = engine.work;
  const ending = new AbortController();
  const desk = new Desk(engine, {
    signal: ending.signal,
  });
  opened.want(desired);
  const over = engine.run(ending.signal);
  starting.defer(async () => {
    ending.abort();
    await over;
  });

  const until = async (holds: () => boolean) => {
    const limit = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (performance.now() > limit) {
        throw new Error(`It did not come to that: ${JSON.stringify(engine.report())}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const idle = () => {
    const { failing, lastPass, queued, busy } = engine.brief();
    const errors = lastPass?.errors ?? [];
    if (failing > 0 || errors.length > 0) throw new Error(`A pass failed: ${errors.join("; ")}`);
    return engine.nextPassInMs !== null && queued === 0 && busy.length === 0;
  };
  /** The one whose turn it is. */
  const turn = (guests: readonly { readonly vmid: number }[], round: number) => {
    const guest = guests[round % guests.length];
    if (guest === undefined) throw new Error("There is no such guest");
    return guest.vmid;
  };
  const change = async (round: number) => {
    const vmid = turn(running, round >> 1);
    await simulator.control.inject(
      round % 2 === 0
        ? { kind: "change-config", vmid, set: { memory: "272" } }
        : { kind: "crash", vmid },
    );
  };
  const wish = async (round: number) => {
    await desk.selftest(turn(stopped, round));
    const action = {
      kind: "guest.destroy",
      guest: turn(stopped, round + 1),
      params: { purge: false },
    };
    const taken = await desk.request({ action, why: "The contract has ended" });
    if (taken.outcome !== "pending_signature") throw new Error(JSON.stringify(taken));
    opened.want({ ...desired, revision: `${round + 2}` });
  };
  let asked = 0;
  const passOnce = async () => {
    const pass = asked++;
    if (pass % CHANGED_EVERY === 0) await change(pass / CHANGED_EVERY);
    if (pass % WISHED_EVERY === 0) await wish(pass / WISHED_EVERY);
    const before = engine.brief().passes;
    engine.passNow();
    await until(() => engine.brief().passes > before && engine.nextPassInMs !== null);
    convergenceOf(engine);
  };

  await until(() => engine.brief().passes > 0 && idle());
  const started = starting.move();
  return {
    async reach(passes) {
      while (engine.brief().passes < passes) await passOnce();
      await until(idle);
      const { failed } = engine.brief().lastPass ?? { failed: 0 };
      if (failed > 0) throw new Error(`${failed} operations failed`);
      return {
        passes: engine.brief().passes,
        succeeded: state.operations.count("succeeded", 0),
        audited: state.audit.head().seq,
      };
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
