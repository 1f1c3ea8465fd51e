import type { SealParts } from "../fence/mod.ts";

/** What tests may replace in a Worker. */
export interface ServeRoleOptions {
  /** Replaced by tests, to see that a broken seal is noticed. @default the machine's */
  readonly seal?: SealParts;
  /** Called between the seal and the first request. Tests look around from there. */
  readonly sealed?: () => Promise<void>;
}
