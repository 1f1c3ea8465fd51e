import { FelhomError, type ToldError } from "../../errors.ts";
import type { Guest } from "../../proxmox/mod.ts";
import type { EngineReport, PassReport } from "../commands/commands.ts";
import { House } from "../housekeeping/keep_house.ts";
import type { Lane } from "../queue/lane.ts";
import { RemovalTries } from "../queue/removal_tries.ts";
import { LaneQueue } from "../queue/lane_queue.ts";
import type { Hold } from "../queue/lanes.ts";
import { Ledger } from "../queue/ledger.ts";
import { OneAtATime } from "../queue/one_at_a_time.ts";
import { passInterval } from "../queue/pass_interval.ts";
import { backOff } from "../queue/back_off.ts";
import { recover } from "../recovery/recover.ts";
import type { Work } from "../work.ts";
import { attend, type Visit } from "./attend.ts";
import { journalLanes } from "./journal_lanes.ts";
import { pass, type Passed } from "./pass.ts";
import { SelftestJobs } from "./selftest_jobs.ts";
import { Tally } from "./tally.ts";

/** How long an outcome that nobody knows is counted in a report, milliseconds. */
const UNKNOWN_SHOWN_MS = 24 * 60 * 60_000;
/** Steps that are done for a guest before others have their turn. */
const MOST_STEPS = 16;

export interface EngineOptions {
  /** Guests that are worked on at once. @default 32 */
  readonly parallel?: number;
  /** Milliseconds between two passes, before they are spread. @default 30 s */
  readonly passIntervalMs?: number | undefined;
}

/**
 * The one way from wish to effect. A pass holds what is desired against what is there and marks
 * guests, nothing more; workers take marked guests and do for each what there is to be done, one
 * thing after the other, each looked at anew.
 *
 * INVARIANTS
 * - Before recovery is through, nothing is changed.
 * - A guest is worked on by one worker at a time.
 * - A guest that failed is not tried again before its time, however often it is marked.
 */
export class Engine {
  readonly work: Work;
  readonly ledger: Ledger;
  readonly queue: LaneQueue;
  readonly selftests = new SelftestJobs();
  readonly #removals: RemovalTries;
  readonly #tally = new Tally();
  readonly #house: House;
  readonly #backups: OneAtATime;
  readonly #parallel: number;
  readonly #passIntervalMs: number | undefined;
  #phase: EngineReport["phase"] = "recovering";
  #lastPass: PassReport | null = null;
  #lastError: EngineReport["lastError"] = null;
  /** Of lanes that something did not go through for, how often in a row. */
  readonly #failures = new Map<Lane, number>();
  /** Why; only of those for which there is a reason of their own. */
  readonly #obstacles = new Map<Lane, string>();
  #passes = 0;
  #failing = 0;
  #progress: number;
  /** By the monotonic clock; null while a pass is under way. */
  #nextPassAt: number | null = null;
  /** Ends the pause between two passes. */
  #nextPass = new AbortController();

  constructor(work: Work, { parallel = 32, passIntervalMs }: EngineOptions = {}) {
    const { clock, random, state } = work;
    this.work = work;
    this.ledger = new Ledger({ quarantines: state.quarantines, clock, random });
    this.queue = new LaneQueue({ clock });
    this.#backups = new OneAtATime({ clock, onFree: (lane) => this.queue.mark(lane) });
    this.#removals = new RemovalTries({ clock, random });
    this.#house = new House(work);
    this.#parallel = parallel;
    this.#passIntervalMs = passIntervalMs;
    this.#progress = clock.monotonic();
  }

  /**
   * When recovery, and after it the passes, last advanced, by the monotonic clock: what a watchdog goes
   * by. Workers count for nothing here: those that are busy would vouch for passes that hang.
   */
  get lastProgress(): number {
    return this.#progress;
  }

  get phase(): EngineReport["phase"] {
    return this.#phase;
  }

  /** Milliseconds until the next pass; null while one is under way, or before the first. */
  get nextPassInMs(): number | null {
    if (this.#nextPassAt === null) return null;
    return Math.max(0, this.#nextPassAt - this.work.clock.monotonic());
  }

  /** What kept the last visit from getting on with a lane, in a sentence; null when nothing did. */
  obstacle(lane: Lane): string | null {
    return this.#obstacles.get(lane) ?? null;
  }

  /** Recovers, then passes and works until the signal is aborted; then ends what is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.work;
    try {
      await recover(this.work, { signal, advanced: () => this.#advance() });
      if (signal.aborted) return;
      this.#phase = "running";
      for (const lane of journalLanes(this.work.state, clock.now())) this.queue.mark(lane);
      const workers = Array.from({ length: this.#parallel }, () => this.#serve(signal));
      await Promise.all([this.#passAgainAndAgain(signal), ...workers]);
    } finally {
      this.#phase = "draining";
      this.queue.close();
      this.#house.close();
      log.info("The engine has ended", { at: clock.now() });
    }
  }

  /** Wants a lane looked at, and the host read anew. */
  wake(lane: Lane): void {
    this.queue.mark(lane);
  }

  /** Has the next pass begin now. */
  passNow(): void {
    this.#nextPass.abort();
  }

  report(): EngineReport {
    const { state, clock } = this.work;
    const unknown = state.operations.count("unknown", clock.now() - UNKNOWN_SHOWN_MS);
    return { ...this.brief(), unknown, capacity: this.work.capacity.report };
  }

  /** The same, as far as nothing has to be counted for it. */
  brief(): Omit<EngineReport, "unknown" | "capacity"> {
    const { state } = this.work;
    return {
      phase: this.#phase,
      doubt: state.instances.current().doubt,
      shortage: state.shortage ?? null,
      lastPass: this.#lastPass,
      lastError: this.#lastError,
      passes: this.#passes,
      failing: this.#failing,
      queued: this.queue.queued,
      busy: this.queue.busy.filter((lane) => lane !== "host"),
    };
  }

  #advance(): void {
    this.#progress = this.work.clock.monotonic();
  }

  async #passAgainAndAgain(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.work;
    while (!signal.aborted) {
      this.#nextPass = new AbortController();
      await this.#passOnce(signal);
      this.#advance();
      const usual = passInterval(random(), this.#passIntervalMs);
      const pause = this.#failing === 0
        ? usual
        : Math.min(usual, backOff(this.#failing, { random: random() }));
      this.#nextPassAt = clock.monotonic() + pause;
      await slept(clock.sleep(pause, AbortSignal.any([signal, this.#nextPass.signal])));
      this.#nextPassAt = null;
    }
  }

  async #passOnce(signal: AbortSignal): Promise<void> {
    const { work } = this;
    const began = work.clock.monotonic();
    try {
      const passed = await pass(work, { signal, advanced: () => this.#advance() });
      this.#take(passed, work.clock.monotonic() - began);
      this.#failing = 0;
      await this.#house.tend(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#failing++;
      this.#lastError = { at: work.clock.now(), ...describe(error) };
      work.log.error("Cannot read the host", { ...this.#lastError, failing: this.#failing });
    } finally {
      this.#passes++;
    }
  }

  /** Marks what there is to do for. Guests whose time has not come stay where they are. */
  #take({ desired, plan, guests, rows, errors }: Passed, tookMs: number): void {
    const { work, ledger, queue } = this;
    ledger.follow(desired);
    work.state.guests.named(desired.guests.keys(), work.clock.now());
    work.capacity.listed(rows);
    let planned = 0;
    for (const { vmid, steps, told } of plan.guests) {
      planned += steps.length;
      // Who holds it knows better: it was read while something was being done.
      if (queue.holder(vmid) === null) {
        ledger.lookedAt(vmid, { of: desired, steps: steps.length, told });
      }
      if (steps.length > 0 && ledger.turn(vmid).may) this.#markDue(vmid);
    }
    for (const lane of journalLanes(work.state, work.clock.now())) this.#markDue(lane);
    const { executed, failed } = this.#tally;
    this.#lastPass = {
      at: work.clock.now(),
      tookMs: Math.round(tookMs),
      guests,
      planned,
      executed,
      failed,
      errors,
    };
    if (planned > 0 || errors.length > 0 || this.#passes === 0 || this.#failing > 0) {
      work.log.info("Read the host", { ...this.#lastPass, revision: desired.revision });
    }
  }

  #markDue(lane: Lane): void {
    if ((this.queue.waiting(lane)?.dueInMs ?? 0) === 0) this.queue.mark(lane);
  }

  async #serve(signal: AbortSignal): Promise<void> {
    for (;;) {
      const hold = await taken(this.queue.take(signal), signal);
      if (hold === null) return;
      const visit = await this.#visit(hold, signal);
      hold.release(this.#comesAgain(hold.lane, visit));
    }
  }

  /** Goes on with a lane until there is nothing left to do, or something does not go through. */
  async #visit(hold: Hold, signal: AbortSignal): Promise<Visit> {
    const { work, ledger, selftests } = this;
    const parts = {
      ...{
        work,
        ledger,
        selftests,
        removals: this.#removals,
        tally: this.#tally,
        backups: this.#backups,
      },
      wake: (lane: Lane) => this.wake(lane),
    };
    try {
      let row: Guest | undefined;
      for (let step = 0; step < MOST_STEPS; step++) {
        const visit = await attend(hold, parts, { signal, row });
        if (visit.then !== "again") return visit;
        ({ row } = visit);
      }
      return { then: "again" };
    } catch (error) {
      if (signal.aborted) return { then: "idle" };
      // One guest that meets a bug costs only itself.
      const told = describe(error);
      work.log.error("Cannot work on a guest", { lane: hold.lane, ...told });
      return { then: "later", why: told.message };
    }
  }

  #comesAgain(lane: Lane, visit: Visit): { readonly againInMs?: number } {
    const failures = visit.then === "later" ? (this.#failures.get(lane) ?? 0) + 1 : 0;
    if (failures === 0) this.#failures.delete(lane);
    else this.#failures.set(lane, failures);
    const why = ("why" in visit ? visit.why : undefined) ?? null;
    if (why === null) this.#obstacles.delete(lane);
    else this.#obstacles.set(lane, why);
    switch (visit.then) {
      case "idle":
      case "when_free":
        return {};
      case "again":
        return { againInMs: 0 };
      case "wait":
        return { againInMs: visit.forMs };
      case "later":
        return { againInMs: backOff(failures, { random: this.work.random() }) };
      default:
        return visit satisfies never;
    }
  }
}

/** The lane, or null when there is none any more because the daemon ends. */
async function taken(taking: Promise<Hold | null>, signal: AbortSignal): Promise<Hold | null> {
  try {
    return await taking;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** Whoever sleeps is woken by a signal, which is no failure. */
async function slept(sleeping: Promise<void>): Promise<void> {
  await sleeping.catch(() => {});
}

/** What is told of an error; of a bug, where it is. */
function describe(error: unknown): ToldError & { readonly stack?: string } {
  if (error instanceof FelhomError) return error.told;
  const code = "internal.bug";
  if (!(error instanceof Error)) return { code, message: String(error) };
  const { message, stack } = error;
  return stack === undefined ? { code, message } : { code, message, stack };
}
