import type { Clock } from "../../../src/clock.ts";
import { Gate } from "./gate.ts";

/**
 * How long calls take by themselves.
 * - `none`: as long as the simulator needs
 * - `measured`: as long as on the machine of OBSERVED 5
 * - a number: so many milliseconds each
 */
export type LatencyProfile = "none" | "measured" | number;

/** What one call cost on that machine, in ms of one of its two cores (OBSERVED 5). */
const INLINE_MS = 1000 / 885;
const PROXIED_MS = 1000 / 46;
const CORES = 2;

/** Makes calls take their time. With `measured`, two cores are shared by all calls. */
export class Latency {
  readonly #clock: Clock;
  readonly #profile: LatencyProfile;
  readonly #closing: AbortSignal;
  readonly #cores = new Gate(CORES);

  /** `closing` ends every wait. */
  constructor(clock: Clock, profile: LatencyProfile, closing: AbortSignal) {
    this.#clock = clock;
    this.#profile = profile;
    this.#closing = closing;
  }

  /** Resolves when the time of a call has passed; undefined when it takes none. */
  pass(call: { readonly proxied: boolean }): Promise<void> | undefined {
    if (this.#profile === "none" || this.#profile === 0) return undefined;
    if (this.#profile !== "measured") return this.#clock.sleep(this.#profile, this.#closing);
    const ms = call.proxied ? PROXIED_MS : INLINE_MS;
    return this.#cores.run(() => this.#clock.sleep(ms, this.#closing));
  }
}
