import type { Clock } from "../../clock.ts";
import type { Operation } from "../../state/mod.ts";

/** How far a time in the journal may lie ahead: clocks are corrected by a little. */
const AHEAD_MS = 60_000;

/** How long a request waits at most, whatever of that does not count, milliseconds. */
const LONGEST_MS = 60 * 60_000;

/** How long an operation has waited, as far as it counts. */
interface Wait {
  /** When it was asked for, by the monotonic clock. */
  readonly since: number;
  countedMs: number;
  /** Up to when it is counted, by the monotonic clock. */
  at: number;
  /** Whether the time since then does not count. */
  paused: boolean;
}

/** What is asked of an operation that nobody signed. */
export type Waiting = Pick<Operation, "id" | "createdAt"> & {
  /** Epoch milliseconds; null when whoever asked set no end. */
  readonly expiresAt: number | null;
};

export interface LifetimesOptions {
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /** How long a request may wait, milliseconds. */
  readonly limitMs: number;
  /** The latest time that was believed, epoch milliseconds: a clock set back makes nothing younger. */
  readonly timeMark: () => number;
}

/**
 * How long requests that nobody signed wait to be carried out. What was asked for an hour ago is not
 * meant for whatever holds then: it is given up, and whoever wants it still asks again. In this
 * process time is the monotonic clock's; what an earlier process took is as old as the time of day
 * says. Time behind signed work, or behind another's task on the guest, does not count, up to a hard
 * end: what only hubs asked for excuses nothing, or a few long shutdowns would carry a stop along for
 * hours.
 */
export class Lifetimes {
  readonly #options: LifetimesOptions;
  readonly #waits = new Map<string, Wait>();

  constructor(options: LifetimesOptions) {
    this.#options = options;
  }

  /** A request was taken this moment. */
  admit(id: string): void {
    const now = this.#options.clock.monotonic();
    this.#waits.set(id, { since: now, countedMs: 0, at: now, paused: false });
  }

  /** The time from now until the next look does not count. */
  pause(id: string): void {
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    this.#count(wait);
    wait.paused = true;
  }

  /** So much of the time before now does not count either. */
  excuse(id: string, ms: number): void {
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    const { paused } = wait;
    this.#count(wait);
    wait.countedMs = Math.max(0, wait.countedMs - ms);
    wait.paused = paused;
  }

  /** It has begun, or was given up. */
  forget(id: string): void {
    this.#waits.delete(id);
  }

  /** Why a request is given up; `undefined` while it lives. */
  whyOver({ id, createdAt, expiresAt }: Waiting): string | undefined {
    const { clock, limitMs, timeMark } = this.#options;
    if (expiresAt !== null && clock.now() >= expiresAt) {
      return "It was not begun before its own time was over; nobody signed it";
    }
    let wait = this.#waits.get(id);
    if (wait === undefined) {
      const ageMs = Math.max(clock.now(), timeMark()) - createdAt;
      if (ageMs < -AHEAD_MS) {
        return "The journal says that it was asked for at a time that is yet to come; ask again";
      }
      const at = clock.monotonic();
      const countedMs = Math.max(0, ageMs);
      wait = { since: at - countedMs, countedMs, at, paused: false };
      this.#waits.set(id, wait);
    }
    this.#count(wait);
    if (wait.countedMs >= limitMs) return waited(limitMs, "");
    return wait.at - wait.since < LONGEST_MS
      ? undefined
      : waited(LONGEST_MS, " with all that it waited behind");
  }

  #count(wait: Wait): void {
    const now = this.#options.clock.monotonic();
    if (!wait.paused) wait.countedMs += now - wait.at;
    wait.at = now;
    wait.paused = false;
  }
}

function waited(ms: number, how: string): string {
  return `It waited for ${Math.round(ms / 60_000)} minutes${how}, and nobody signed it; ask again`;
}
