import type { Action } from "./action.ts";

/** What an intent came of. */
export type Origin =
  /** A difference between the desired state and the host. */
  | "desired"
  /** Somebody's request, or the agent's own schedule. */
  | "job"
  /** `--selftest=task`. */
  | "selftest"
  /** Recovery after a crash: compensations of a transaction that cannot finish. */
  | "recovery";

/** Who it came from. Reaching the control socket authorises nothing: Deno knows no peer's name. */
export type Source = (typeof SOURCES)[number];
export const SOURCES = ["hub", "control socket", "agent"] as const;

/** What the intent was formed on: said in the audit, and looked at again before it is carried out. */
export interface Evidence {
  /** Why, in one sentence of the agent's own making: `memory is 512, desired 1024`. */
  readonly why: string;
  /** SHA-1 of the guest's configuration that was looked at (FACTS §3.2); null when none was. */
  readonly digest: string | null;
  /** When it was looked at, epoch milliseconds. */
  readonly observedAt: number;
}

/** An action that somebody wants, before the gate has said anything. */
export interface Intent {
  readonly action: Action;
  readonly origin: Origin;
  readonly source: Source;
  /** The revision, job, self-test or operation it belongs to, by its own id. */
  readonly reference: string;
  /** The open transaction it is a step of; null when it stands alone. */
  readonly transaction: string | null;
  readonly evidence: Evidence;
  /** When whoever asked wants it no more, epoch milliseconds. @default the agent's own limit alone */
  readonly expiresAt?: number;
}
