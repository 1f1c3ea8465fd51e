import type { Clock } from "../../../../src/clock.ts";
import { exitStatusOf } from "./exit_status.ts";
import type { FileLocks } from "./file_locks.ts";
import type { Random } from "./random.ts";
import { printUpid, type UpidParts } from "./upid.ts";
import { taskErrorLine, type TaskFate, Worker } from "./worker.ts";

/** A task of the node, running or over. */
export interface Task extends UpidParts {
  readonly upid: string;
  readonly log: readonly string[];
  /** Epoch milliseconds; absent while it runs. */
  readonly ended: number | undefined;
}

/** What a task's process does. */
export type TaskBody = (worker: Worker) => Promise<void>;

interface Entry {
  readonly task: Task;
  readonly worker: Worker | undefined;
  /** Resolves when the process is gone, however it ended. */
  readonly gone: PromiseWithResolvers<void>;
}

/** How long SIGTERM may take before SIGKILL comes (FACTS §2.4). */
const KILL_AFTER_MS = 5_000;
/** How long a finished task's row may still say RUNNING (FACTS §2.5). */
const STALE_MS = 100;
/** Tasks that the two index files hold; older logs are deleted (FACTS §2.5). */
const RETENTION = 2_000;

/** The task list of the node. */
export class Tasks {
  readonly #clock: Clock;
  readonly #locks: FileLocks;
  readonly #random: Random;
  readonly #node: string;
  readonly #bootedAt: number;
  readonly #entries = new Map<string, Entry>();
  #lastPid: number;
  #lastFork = 0;
  /** How long every task takes at least, milliseconds. */
  leastMs = 0;
  /** Asked once for every new task. */
  fateOf: (type: string, id: string) => TaskFate | undefined = () => undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly locks: FileLocks;
    readonly random: Random;
    readonly node: string;
    /** Epoch milliseconds of the node's boot. */
    readonly bootedAt: number;
    readonly lastPid: number;
  }) {
    this.#clock = options.clock;
    this.#locks = options.locks;
    this.#random = options.random;
    this.#node = options.node;
    this.#bootedAt = options.bootedAt;
    this.#lastPid = options.lastPid;
  }

  /** A process id nobody had before. */
  nextPid(): number {
    this.#lastPid += this.#random.int(1, 40);
    return this.#lastPid;
  }

  /** Starts a task and answers its UPID; the body begins after the answer. */
  fork(
    options: { readonly type: string; readonly id: string; readonly user: string },
    body: TaskBody,
  ): string {
    const now = this.#clock.now();
    const parts = {
      ...options,
      node: this.#node,
      pid: this.nextPid(),
      pstart: Math.max(0, Math.floor((now - this.#bootedAt) / 10)),
      starttime: Math.floor(now / 1000),
    };
    const fate = this.fateOf(options.type, options.id);
    const worker = new Worker({ clock: this.#clock, locks: this.#locks, fate });
    const task = { ...parts, upid: printUpid(parts), log: worker.log, ended: undefined };
    this.#entries.set(task.upid, { task, worker, gone: Promise.withResolvers() });
    queueMicrotask(() => this.#live(task, { worker, body }));
    this.#lastFork = now;
    this.#prune();
    return task.upid;
  }

  /** Puts a finished task of the past into the list. */
  addPast(parts: UpidParts, options: { readonly log: readonly string[]; readonly ended: number }) {
    const task = { ...parts, upid: printUpid(parts), log: options.log, ended: options.ended };
    this.#entries.set(task.upid, { task, worker: undefined, gone: Promise.withResolvers() });
    return task.upid;
  }

  /** Drops finished tasks from the list, as when its file is turned or removed (FACTS §2.5). */
  forget(which: (task: Task) => boolean): void {
    for (const [upid, { task }] of this.#entries) {
      if (task.ended !== undefined && which(task)) this.#entries.delete(upid);
    }
  }

  find(upid: string): Task | undefined {
    return this.#entries.get(upid)?.task;
  }

  /** All tasks in the order of their start. */
  all(): Task[] {
    return [...this.#entries.values()].map((entry) => entry.task);
  }

  /** Running tasks of one type for one id. */
  running(type: string, id: string): Task[] {
    return this.all().filter((task) =>
      task.ended === undefined && task.type === type && task.id === id
    );
  }

  /** Whether the list still shows the row as RUNNING: it may be stale (FACTS §2.5). */
  isListedAsRunning(task: Task): boolean {
    if (task.ended === undefined) return true;
    return this.#lastFork < task.ended && this.#clock.now() - task.ended < STALE_MS;
  }

  /**
   * Ends a task: SIGTERM, and SIGKILL after 5 s. Resolves when its process is gone.
   */
  async abort(upid: string): Promise<void> {
    const entry = this.#entries.get(upid);
    if (entry?.worker === undefined || entry.task.ended !== undefined) return;
    const { worker, gone } = entry;
    worker.terminate();
    const waited = new AbortController();
    const killing = this.#clock.sleep(KILL_AFTER_MS, waited.signal).then(
      () => this.#kill(entry),
      () => {},
    );
    await Promise.race([gone.promise, killing]);
    waited.abort();
    await killing;
  }

  /** What `systemctl restart pvedaemon` does to everything that runs (FACTS §1.5). */
  killAll(): void {
    for (const entry of this.#entries.values()) {
      if (entry.task.ended === undefined) this.#kill(entry);
    }
  }

  /** Resolves when no task runs any more; a stuck one keeps it waiting. */
  async idle(): Promise<void> {
    for (;;) {
      const running = [...this.#entries.values()].filter((entry) => entry.task.ended === undefined);
      if (running.length === 0) return;
      await Promise.all(running.map((entry) => entry.gone.promise));
    }
  }

  #kill(entry: Entry): void {
    entry.worker?.kill();
    this.#end(entry.task);
  }

  async #live(
    task: Task,
    options: { readonly worker: Worker; readonly body: TaskBody },
  ): Promise<void> {
    const { worker, body } = options;
    const began = this.#clock.monotonic();
    try {
      await body(worker);
      const rest = began + this.leastMs - this.#clock.monotonic();
      if (rest > 0) await worker.work(rest);
      worker.print(worker.warnings > 0 ? `TASK WARNINGS: ${worker.warnings}` : "TASK OK");
    } catch (error) {
      if (error !== SILENT_EXIT) worker.print(taskErrorLine(error));
    }
    worker.exit();
    this.#end(task);
  }

  #end(task: Task): void {
    const entry = this.#entries.get(task.upid);
    if (entry === undefined) return;
    this.#entries.set(task.upid, { ...entry, task: { ...task, ended: this.#clock.now() } });
    entry.gone.resolve();
  }

  #prune(): void {
    for (const [upid, entry] of this.#entries) {
      if (this.#entries.size <= RETENTION) return;
      if (entry.task.ended !== undefined) this.#entries.delete(upid);
    }
  }
}

/** Thrown by a body that ends its process without a TASK line (FACTS §2.4: "unexpected status"). */
export const SILENT_EXIT = Symbol("exit without a TASK line");

/** How a finished task ended. */
export function exitStatus(task: Task): string {
  return exitStatusOf(task.log);
}
