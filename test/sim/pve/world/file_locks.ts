import type { Clock } from "../../../../src/clock.ts";

interface Waiter {
  readonly grant: () => void;
}

/** Lets go of a lock; a second call does nothing. */
export type Release = () => void;

/**
 * `flock` on named files. A waiter gets the lock in the order of asking, or gives up.
 *
 * INVARIANT: a file is held by at most one holder, and a holder that is killed lets go.
 */
export class FileLocks {
  readonly #clock: Clock;
  readonly #held = new Map<string, Waiter[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isHeld(path: string): boolean {
    return this.#held.has(path);
  }

  /**
   * Takes the lock, waiting up to `waitMs`.
   *
   * @returns `undefined` when it was not granted in time
   * @throws the signal's reason when it is aborted while waiting
   */
  async acquire(
    path: string,
    options: { readonly waitMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Release | undefined> {
    const waiters = this.#held.get(path);
    if (waiters === undefined) {
      this.#held.set(path, []);
      return this.#releaser(path);
    }
    const ended = new AbortController();
    const signal = options.signal === undefined
      ? ended.signal
      : AbortSignal.any([ended.signal, options.signal]);
    let granted = false;
    const waiter: Waiter = {
      grant: () => {
        granted = true;
        ended.abort();
      },
    };
    waiters.push(waiter);
    try {
      await this.#clock.sleep(options.waitMs, signal);
    } catch (error) {
      if (!granted) {
        this.#leave(path, waiter);
        throw error;
      }
    }
    if (granted) return this.#releaser(path);
    this.#leave(path, waiter);
    return undefined;
  }

  #leave(path: string, waiter: Waiter): void {
    const waiters = this.#held.get(path) ?? [];
    const at = waiters.indexOf(waiter);
    if (at >= 0) waiters.splice(at, 1);
  }

  #releaser(path: string): Release {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#held.get(path)?.shift();
      if (next === undefined) this.#held.delete(path);
      else next.grant();
    };
  }
}

/** The lock file of a guest's configuration (FACTS §3.6). */
export function configLockPath(vmid: number): string {
  return `/run/lock/lxc/pve-config-${vmid}.lock`;
}
