import type { Clock } from "../clock.ts";
import type { SealParts } from "../fence/mod.ts";

/** What tests may replace in a Worker. */
export interface ServeRoleOptions {
  /** Replaced by tests, to see that a broken seal is noticed. @default the machine's */
  readonly seal?: SealParts;
  /** Replaced by tests, in which the daemon's waits are as short as the host's. @default the machine's */
  readonly clock?: Clock;
  /**
   * What the limits of calls go by: of a question at the control socket, at Proxmox, at the helper,
   * and a permit's life. Replaced by tests whose waits are short: a busy machine answers none the
   * faster for that. @default `clock`
   */
  readonly callClock?: Clock;
  /** Called between the seal and the first request. Tests look around from there. */
  readonly sealed?: () => Promise<void>;
}
