import type { Clock } from "../../../../src/clock.ts";
import { failure, PveError } from "../pve_error.ts";
import { configLockPath, type FileLocks, type Release } from "./file_locks.ts";

/** How a task is to go wrong, whatever it does; decided when it starts. */
export type TaskFate =
  /** Stands still at its first wait, with every lock it has taken. */
  | { readonly kind: "stuck" }
  /** Dies at its first wait, and cleans up as it does after any error. */
  | { readonly kind: "fail"; readonly message: string }
  | { readonly kind: "warn"; readonly message: string }
  /** Something befalls the world at its first wait; it goes on. */
  | { readonly kind: "meets"; readonly befalls: () => void };

/** How long a task's process waits for a guest's lock file (FACTS §3.6). */
export const LOCK_WAIT_MS = 10_000;

/**
 * The process behind a task, as its body sees it.
 *
 * INVARIANTS: after `kill` not one more line of the body runs, no cleanup either, and every file
 * lock it held is free, as with SIGKILL. After `terminate` the body gets one error where it waits,
 * and may clean up.
 */
export class Worker {
  readonly log: string[] = [];
  readonly #clock: Clock;
  readonly #locks: FileLocks;
  readonly #killed = new AbortController();
  readonly #held = new Set<Release>();
  #interrupted = false;
  #waiting: AbortController | undefined;
  #fate: TaskFate | undefined;
  #interruptText = "received interrupt";
  #deaf = false;
  #warnings = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly locks: FileLocks;
    readonly fate: TaskFate | undefined;
  }) {
    this.#clock = options.clock;
    this.#locks = options.locks;
    this.#fate = options.fate;
    if (options.fate?.kind === "warn") this.warn(options.fate.message);
  }

  get warnings(): number {
    return this.#warnings;
  }

  get isKilled(): boolean {
    return this.#killed.signal.aborted;
  }

  print(...lines: readonly string[]): void {
    if (!this.isKilled) this.log.push(...lines);
  }

  /** A warning: it counts towards `TASK WARNINGS: n` (FACTS §2.4). */
  warn(text: string): void {
    this.#warnings++;
    this.print(`WARN: ${text}`);
  }

  /** What the body dies of when it is asked to end; vzdump has its own words (FACTS §2.4). */
  onInterruptSay(text: string): void {
    this.#interruptText = text;
  }

  /** From here on SIGTERM ends what it waits for, but not itself: only SIGKILL does. */
  ignoreInterrupts(): void {
    this.#deaf = true;
  }

  /** SIGTERM. */
  terminate(): void {
    this.#interrupted = true;
    this.#waiting?.abort();
  }

  /** SIGKILL. */
  kill(): void {
    this.#killed.abort();
    for (const release of this.#held) release();
    this.#held.clear();
  }

  /**
   * Takes `ms` milliseconds.
   *
   * @throws {PveError} `received interrupt` when the task is aborted meanwhile
   */
  async work(ms: number): Promise<void> {
    if (await this.#wait(ms)) return;
    if (!this.#deaf) throw failure(this.#interruptText);
  }

  /**
   * Runs a command that takes `ms` milliseconds.
   *
   * @throws {PveError} `command '…' failed: received interrupt` when the task is aborted meanwhile
   */
  async run(command: string, ms: number): Promise<void> {
    if (await this.#wait(ms)) return;
    throw failure(`command '${command}' failed: ${this.#interruptText}`);
  }

  /** Waits for ever, as a process on a dead NFS mount does: only SIGKILL ends it. */
  hang(): Promise<never> {
    return new Promise<never>(() => {});
  }

  /** Waits until `condition` holds, looking every `everyMs`; false when `ms` went by before. */
  async until(condition: () => boolean, ms: number, everyMs = 250): Promise<boolean> {
    for (let waited = 0; waited < ms && !condition(); waited += everyMs) {
      await this.work(Math.min(everyMs, ms - waited));
    }
    return condition();
  }

  /**
   * Runs `body` under the guest's lock file, which is held to its end (FACTS §3.6).
   *
   * @throws {PveError} `can't lock file … - got timeout` after 10 s
   */
  async withConfigLock<T>(
    vmid: number,
    body: () => Promise<T> | T,
    waitMs = LOCK_WAIT_MS,
  ): Promise<T> {
    const path = configLockPath(vmid);
    const waits = this.#locks.isHeld(path);
    if (waits) this.print("trying to acquire lock...");
    const release = await this.#acquire(path, waitMs);
    if (release === undefined) throw failure(`can't lock file '${path}' - got timeout`);
    if (waits) this.print(" OK");
    this.#held.add(release);
    try {
      return await body();
    } finally {
      this.#held.delete(release);
      release();
    }
  }

  /** Takes any other lock file for good: the process's end lets go of it. */
  async hold(path: string, waitMs: number): Promise<boolean> {
    const release = await this.#acquire(path, waitMs);
    if (release !== undefined) this.#held.add(release);
    return release !== undefined;
  }

  /** What the operating system does when a process ends by itself. */
  exit(): void {
    for (const release of this.#held) release();
    this.#held.clear();
  }

  async #acquire(path: string, waitMs: number): Promise<Release | undefined> {
    this.#waiting = new AbortController();
    const signal = AbortSignal.any([this.#killed.signal, this.#waiting.signal]);
    try {
      const release = await this.#locks.acquire(path, { waitMs, signal });
      if (!this.isKilled) return release;
      release?.();
    } catch {
      if (!this.isKilled) {
        this.#interrupted = false;
        throw failure(this.#interruptText);
      }
    }
    return await this.hang();
  }

  /** False when it was interrupted. A killed process never comes back from here. */
  async #wait(ms: number): Promise<boolean> {
    if (this.isKilled || this.#fate?.kind === "stuck") return await this.hang();
    if (this.#fate?.kind === "fail") {
      const { message } = this.#fate;
      this.#fate = undefined;
      throw failure(message);
    }
    if (this.#fate?.kind === "meets") {
      const { befalls } = this.#fate;
      this.#fate = undefined;
      befalls();
      // What befell it may have been its own end.
      if (this.isKilled) return await this.hang();
    }
    this.#waiting = new AbortController();
    if (!this.#interrupted) {
      const signal = AbortSignal.any([this.#killed.signal, this.#waiting.signal]);
      await this.#clock.sleep(ms, signal).catch(() => {});
    }
    if (this.isKilled) return await this.hang();
    const interrupted = this.#interrupted;
    this.#interrupted = false;
    return !interrupted;
  }
}

/** The last line of a log of a body that died of `error`: newlines become spaces (FACTS §2.4). */
export function taskErrorLine(error: unknown): string {
  if (!(error instanceof PveError)) return `TASK ERROR: ${error}`;
  // A text that ended in two newlines keeps a space of them (capture storage-unmounted.snapshot).
  const text = error.status === 500 ? error.message.replaceAll("\n", " ") : error.toExitStatus();
  return `TASK ERROR: ${text}`;
}
