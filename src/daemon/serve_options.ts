import type { Clock } from "../clock.ts";
import type { SealParts } from "../fence/mod.ts";

/** What tests may replace in a Worker. */
export interface ServeRoleOptions {
  /** Replaced by tests, to see that a broken seal is noticed. @default the machine's */
  readonly seal?: SealParts;
  /** Replaced by tests, in which the daemon's waits are as short as the host's. @default the machine's */
  readonly clock?: Clock;
  /** Called between the seal and the first request. Tests look around from there. */
  readonly sealed?: () => Promise<void>;
}
