import type { Clock } from "../../../src/clock.ts";
import type { ApiAnswer } from "../seam.ts";
import { Gate } from "./gate.ts";

/** Blocking workers of pvedaemon (FACTS §1.5, OBSERVED 14). */
const WORKERS = 3;
/** How long pveproxy waits for pvedaemon (FACTS §1.5, OBSERVED 13). */
const PROXY_TIMEOUT_MS = 30_000;

const REFUSED: ApiAnswer = { status: 595, reason: "Connection refused", body: undefined };
const TIMED_OUT: ApiAnswer = { status: 596, reason: "Connection timed out", body: undefined };
const BROKEN: ApiAnswer = { status: 596, reason: "Unexpected end-of-file", body: undefined };

/** How pvedaemon is, as the admin face shows it. */
export interface PvedaemonReport {
  readonly up: boolean;
  readonly workers: number;
  readonly busy: number;
  readonly queued: number;
  /** Calls whose client still waits. */
  readonly inFlight: number;
  /** The most of these at once since the start. */
  readonly highWater: number;
}

/** One run of the daemon, from its start to its stop. */
class Life {
  readonly workers = new Gate(WORKERS);
  readonly waiting = new Set<(answer: ApiAnswer) => void>();
  readonly #ended = Promise.withResolvers<void>();
  over = false;

  /** Resolves when the daemon is stopped. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  end(): void {
    this.over = true;
    this.#ended.resolve();
    for (const settle of this.waiting) settle(BROKEN);
  }
}

/**
 * The privileged daemon behind pveproxy: three workers that do one call after the other, and a
 * queue before them.
 *
 * INVARIANTS: a call that a worker took is made to its end, whoever waits for it; after 30 s the
 * client has 596 and the call goes on; a call that met a stopped daemon (595), or was still queued
 * when it stopped (596), is never made.
 */
export class Pvedaemon {
  readonly #clock: Clock;
  readonly #answerLimitMs: number;
  #life = new Life();
  #highWater = 0;
  #start: AbortController | undefined;

  /** @param answerLimitMs how long an answer is waited for */
  constructor(clock: Clock, answerLimitMs: number = PROXY_TIMEOUT_MS) {
    this.#clock = clock;
    this.#answerLimitMs = answerLimitMs;
  }

  report(): PvedaemonReport {
    const { workers, waiting, over } = this.#life;
    return {
      up: !over,
      workers: WORKERS,
      busy: over ? 0 : workers.taken,
      queued: over ? 0 : workers.waiting,
      inFlight: waiting.size,
      highWater: this.#highWater,
    };
  }

  /** Hands a call to a worker and waits for its answer, as pveproxy does. */
  proxy(run: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    const life = this.#life;
    if (life.over) return Promise.resolve(REFUSED);
    return new Promise((resolve, reject) => {
      const limit = new AbortController();
      const settle = (answer: ApiAnswer) => {
        life.waiting.delete(settle);
        limit.abort();
        resolve(answer);
      };
      life.waiting.add(settle);
      this.#highWater = Math.max(this.#highWater, life.waiting.size);
      this.#clock.sleep(this.#answerLimitMs, limit.signal).then(() => settle(TIMED_OUT), () => {});
      life.workers.run(async () => {
        if (!life.over) settle(await run());
      }).catch((error) => {
        life.waiting.delete(settle);
        limit.abort();
        reject(error);
      });
    });
  }

  /** Keeps `count` workers from doing anything until the daemon is stopped. */
  hang(count = 1): void {
    const life = this.#life;
    for (let index = 0; index < count; index++) life.workers.run(() => life.ended);
  }

  /** Resolves when the daemon, as it runs now, is stopped. */
  get ended(): Promise<void> {
    return this.#life.ended;
  }

  /** `systemctl stop pvedaemon`: what is in flight breaks with 596, new calls get 595. */
  stop(): void {
    this.#start?.abort();
    this.#life.end();
  }

  /** `systemctl start pvedaemon`. */
  start(): void {
    this.#start?.abort();
    if (this.#life.over) this.#life = new Life();
  }

  /** Stops, and starts again after `downMs`. */
  restart(downMs: number): void {
    this.stop();
    const start = new AbortController();
    this.#start = start;
    this.#clock.sleep(downMs, start.signal).then(() => this.start(), () => {});
  }
}
