import type { Told } from "../plan/guest_plan.ts";
import { backOff } from "./back_off.ts";
import type { Blame } from "./blame.ts";

/** A version of a desired state: whose, and which. */
export interface Revision {
  readonly provider: string;
  readonly revision: string;
}

/** The last that was tried for a guest. */
export interface LastStep {
  /** What it was, in words: `set memory 512 MiB -> 1024 MiB`. */
  readonly step: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Why it did not succeed; null when it did. */
  readonly problem: string | null;
}

/** What is remembered of a guest and the desired revision that it is to follow. */
export interface GuestRecord {
  readonly of: Revision;
  readonly last: LastStep | null;
  /** Tries in a row that did not succeed, since it was as desired: what the back-off grows with. */
  readonly failures: number;
  /** Those of them that speak against the revision: what leads to quarantine. */
  readonly counted: number;
  /** Before this nothing is tried for drift; null when nothing stands against it. Monotonic ms. */
  readonly nextTryAt: number | null;
  /** Since when the revision is not tried any more, epoch milliseconds; null when it is. */
  readonly quarantinedSince: number | null;
  /** How many steps were left when it was looked at last; null before the first look. */
  readonly steps: number | null;
  readonly told: readonly Told[];
  /** Whether it was found as this revision wants it when it was looked at last. */
  readonly converged: boolean;
}

/** How many failures speak for quarantine. */
export const QUARANTINE_AFTER = 5;

/** A moment, by both clocks: milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** One failed try. */
export interface Failure {
  readonly step: string;
  readonly problem: string;
  readonly blame: Blame;
  readonly at: Moment;
  /** A number from 0 to 1. */
  readonly random: number;
}

/** Nothing was done for this revision yet. */
export function newRecord(of: Revision): GuestRecord {
  return {
    of,
    last: null,
    failures: 0,
    counted: 0,
    nextTryAt: null,
    quarantinedSince: null,
    steps: null,
    told: [],
    converged: false,
  };
}

/** Whether two are the same version of the same provider. */
export function isSameRevision(one: Revision, other: Revision): boolean {
  return one.provider === other.provider && one.revision === other.revision;
}

/**
 * A step succeeded. Failures stay: in a plan whose first step succeeds each time and whose second
 * never does, they would otherwise never come to anything.
 */
export function afterSuccess(
  record: GuestRecord,
  { step, at }: { readonly step: string; readonly at: Moment },
): GuestRecord {
  return { ...record, last: { step, at: at.wall, problem: null }, converged: false };
}

/** A try failed: the next one waits longer, or there is none for this revision. */
export function afterFailure(record: GuestRecord, failure: Failure): GuestRecord {
  const { step, problem, blame, at, random } = failure;
  const failures = record.failures + 1;
  const counted = record.counted + (blame === "revision" ? 1 : 0);
  return {
    ...record,
    last: { step, at: at.wall, problem },
    failures,
    counted,
    nextTryAt: at.monotonic + backOff(failures, { random }),
    quarantinedSince: record.quarantinedSince ?? (counted >= QUARANTINE_AFTER ? at.wall : null),
    converged: false,
  };
}

/** What was found when a guest was looked at. */
export interface Look {
  /** How many steps are left to do. */
  readonly steps: number;
  readonly told: readonly Told[];
}

/**
 * It was looked at. When nothing is left to do, nothing stands against a try any more; a quarantine
 * stays all the same: only another revision ends it.
 */
export function afterLook(record: GuestRecord, { steps, told }: Look): GuestRecord {
  const converged = steps === 0 && told.every(({ code }) => !speaksAgainst(code));
  const seen = { ...record, steps, told, converged };
  if (!converged || record.quarantinedSince !== null) return seen;
  return { ...seen, failures: 0, counted: 0, nextTryAt: null };
}

/** Whether a guest of which this is told is not as its revision wants it. */
function speaksAgainst(code: Told["code"]): boolean {
  switch (code) {
    case "pending_elsewhere":
      return false;
    case "needs_restart":
    case "not_there":
    case "locked":
    case "template":
    case "unreadable":
    case "not_managed":
      return true;
    default:
      return code satisfies never;
  }
}
