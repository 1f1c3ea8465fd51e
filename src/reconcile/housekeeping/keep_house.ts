import { observeTime, type TimeWatch } from "../../authz/mod.ts";
import { FelhomError } from "../../errors.ts";
import { RETENTION } from "../../state/mod.ts";
import type { Work } from "../work.ts";

/** How often what need not be kept is removed, milliseconds. */
const PRUNE_EVERY_MS = 60 * 60_000;
/** Batches in one go, so that no removal holds up the work. */
const BATCHES = 20;

/** What is done beside the work: the time is watched, the audit checked, the state kept small. */
export class House {
  readonly #work: Work;
  /** Of this process; the mark is the state's. */
  #since: TimeWatch["since"];
  #verified = false;
  /** By the monotonic clock. */
  #prunedAt: number | null = null;

  constructor(work: Work) {
    this.#work = work;
  }

  /**
   * Does what is due. What does not go is logged, and tried again: no work depends on it.
   *
   * @throws what is no {@linkcode FelhomError}
   */
  async tend(signal: AbortSignal): Promise<void> {
    await this.#try("check the audit log", () => this.#verify());
    await this.#try("watch the time", () => this.#watch(signal));
    await this.#try("write what the audit log has counted", () => {
      this.#work.state.audit.turn(this.#work.clock.now());
    });
    await this.#try("remove what is old", () => this.#prune());
  }

  /** Writes what the audit log has counted and not written: before the state is closed. */
  close(): void {
    const { state, clock, log } = this.#work;
    try {
      state.audit.flush(clock.now());
    } catch (error) {
      if (!(error instanceof FelhomError)) throw error;
      const { code, message } = error;
      log.warn("what the audit log has counted cannot be written", { code, message });
    }
  }

  /** Once in each process: the whole chain. Its head goes to the log, which others keep. */
  #verify(): void {
    if (this.#verified) return;
    const { state, log } = this.#work;
    const report = state.audit.verify();
    const { seq, hash } = state.audit.head();
    this.#verified = true;
    const head = { seq, hash: hash.toHex() };
    if (report.holds) log.info("the audit log holds", { head });
    else {log.error("the audit log is broken: somebody altered it, or the disk did", {
        report,
        head,
      });}
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { state, clock, eyes } = this.#work;
    const node = await eyes.reads.nodeTime({ signal }) * 1000;
    const mark = state.timeMark.get() ?? 0;
    const sample = { wall: clock.now(), monotonic: clock.monotonic(), node };
    const seen = observeTime({ mark, since: this.#since }, sample);
    this.#since = seen.since;
    if (seen.mark > mark) state.timeMark.raise(seen.mark);
  }

  #prune(): void {
    const { state, clock } = this.#work;
    const now = clock.monotonic();
    if (this.#prunedAt !== null && now - this.#prunedAt < PRUNE_EVERY_MS) return;
    for (let batch = 0; batch < BATCHES; batch++) {
      const removed = state.prune(clock.now());
      if (!Object.values(removed).some((rows) => rows >= RETENTION.batch)) break;
    }
    this.#prunedAt = now;
  }

  async #try(what: string, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof FelhomError)) throw error;
      const { code, message } = error;
      this.#work.log.warn(`the agent cannot ${what}`, { code, message });
    }
  }
}
