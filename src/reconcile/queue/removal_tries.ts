import type { Clock } from "../../clock.ts";
import { backOff, type BackOffLimits } from "./back_off.ts";

/** 2 s, 4 s, 8 s, … 1 h, each ±20%: what the gate denies, or a storage holds, is mostly so for long. */
const LIMITS: BackOffLimits = { firstMs: 2_000, longestMs: 3_600_000, jitter: 0.2 };

interface Tried {
  readonly failures: number;
  /** By the monotonic clock. */
  readonly notBefore: number;
  readonly why: string;
}

/**
 * When what a self-test left is tried to be taken away again. It is looked at oftener: who uses it by
 * then is seen, and whether it is gone. They live as long as the process.
 */
export class RemovalTries {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #random: () => number;
  readonly #tried = new Map<number, Tried>();

  constructor({ clock, random }: {
    readonly clock: Pick<Clock, "monotonic">;
    /** A number from 0 to 1. */
    readonly random: () => number;
  }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Why the last try did not go through, while the next one has to wait; null when it may be made. */
  rest(vmid: number): string | null {
    const tried = this.#tried.get(vmid);
    if (tried === undefined || this.#clock.monotonic() >= tried.notBefore) return null;
    return tried.why;
  }

  /** Notes that one did not go through. */
  failed(vmid: number, why: string): void {
    const failures = (this.#tried.get(vmid)?.failures ?? 0) + 1;
    const pause = backOff(failures, { random: this.#random(), limits: LIMITS });
    this.#tried.set(vmid, { failures, notBefore: this.#clock.monotonic() + pause, why });
  }

  /** Forgets a guest that is gone, or is nobody's to take away. */
  forget(vmid: number): void {
    this.#tried.delete(vmid);
  }
}
