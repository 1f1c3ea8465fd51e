import { type Clock, systemClock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import { disarmWorkers } from "./disarm.ts";
import { offLimits } from "./off_limits.ts";
import { type ProbeResult, tryProbe } from "./probe.ts";
import { probes } from "./probes/mod.ts";
import { REMOVALS, remove } from "./removals.ts";
import {
  describeEntry,
  type Held,
  LISTED_RIGHTS,
  revocations,
  type Right,
  RIGHTS,
  SYSTEM_FACTS,
} from "./rights.ts";

export interface SealPlan {
  /** Which isolate is sealed, for the report. */
  readonly isolate: string;
  /** What it may do so far. Only what is listed here is tried by name afterwards. */
  readonly before: Held;
  /** What it keeps. */
  readonly after: Held;
}

/** What a seal did and what was tried against it. */
export interface SealReport {
  readonly isolate: string;
  readonly held: Held;
  /** What was deleted: `caches`, `navigator.gpu`, … */
  readonly removed: readonly string[];
  readonly probes: readonly ProbeResult[];
  /** Milliseconds it took, the probes included. */
  readonly tookMs: number;
}

/** What a seal is made of. Tests replace one to see that the seal notices. */
export interface SealParts {
  readonly revoke: (descriptor: Deno.PermissionDescriptor) => void;
  readonly remove: typeof remove;
  readonly disarm: () => void;
  readonly probes: typeof probes;
  readonly clock: Clock;
}

export const SEAL_PARTS: SealParts = {
  revoke: (descriptor) => void Deno.permissions.revokeSync(descriptor),
  remove,
  disarm: disarmWorkers,
  probes,
  clock: systemClock,
};

/**
 * Gives up, for good, every right of this isolate that is not in `after`, deletes what writes, loads
 * or starts something without a right, and then tries all of it.
 *
 * @throws {FelhomError} `fence.broken`, when anything could still be done or a listed right is gone
 */
export async function seal(plan: SealPlan, parts: SealParts = SEAL_PARTS): Promise<SealReport> {
  const began = parts.clock.monotonic();
  for (const descriptor of revocations(plan.before, plan.after)) parts.revoke(descriptor);
  parts.disarm();
  const removed = REMOVALS.map((removal) => removal.name);
  parts.remove(REMOVALS);
  const results: ProbeResult[] = [];
  // One after the other: a probe that gets through must not disturb the next.
  for (const probe of parts.probes(offLimits(plan.before, plan.after), REMOVALS)) {
    results.push(await tryProbe(probe, parts.clock));
  }
  const faults = [
    ...results.filter((result) => result.verdict !== "denied").map(describeFault),
    ...untried(results),
    ...wrongRights(plan.after),
  ];
  if (faults.length > 0) throw broken(plan.isolate, faults);
  const tookMs = Math.round(parts.clock.monotonic() - began);
  return { isolate: plan.isolate, held: plan.after, removed, probes: results, tookMs };
}

/** The failure of a seal, with all its faults. */
function broken(isolate: string, faults: readonly string[]): FelhomError {
  return new FelhomError(
    "fence.broken",
    `The seal of the ${isolate} does not hold: ${faults.join("; ")}`,
    {
      hint: "Start the agent with its own permission set (-P=agent --no-prompt) and nothing more.",
    },
  );
}

function describeFault({ right, via, name, verdict, detail }: ProbeResult): string {
  return verdict === "allowed"
    ? `${right}: "${name}" through ${via} could be done`
    : `${right}: "${name}" through ${via} failed, but not for want of a right (${detail})`;
}

/** Rights nothing was tried against: a seal that proves nothing does not hold either. */
function untried(results: readonly ProbeResult[]): string[] {
  return [...RIGHTS, "global" as const]
    .filter((right) => !results.some((result) => result.right === right))
    .map((right) => `${right}: nothing was tried against it`);
}

/** Rights the runtime says are held though they should not be, or the other way round. */
function wrongRights(held: Held): string[] {
  const whole = RIGHTS.filter((right) => isGranted({ name: right }))
    .map((right: Right) => `${right}: all of it is granted`);
  const facts = SYSTEM_FACTS.filter((kind) => isGranted({ name: "sys", kind }))
    .map((kind) => `sys: ${kind} is granted`);
  const missing = LISTED_RIGHTS.flatMap((right) =>
    held[right].filter((entry) => !isGranted(describeEntry(right, entry)))
      .map((entry) => `${right}: ${entry} is not granted`)
  );
  return [...whole, ...facts, ...missing];
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}
