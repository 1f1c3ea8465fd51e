import type { Action, ActionKind } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import { carryOutStep } from "../carry_out.ts";
import type { Outcome } from "../outcome.ts";
import type { Step } from "../step.ts";
import type { Work } from "../work.ts";
import { compensate } from "./compensate.ts";
import { selftestObstacle } from "./selftest_obstacle.ts";

/** A self-test that somebody asked for. */
export interface SelftestWish {
  /** Id of the transaction that it becomes; never used before. */
  readonly transaction: string;
  readonly vmid: number;
  /** Ends it early: the step under way is finished, then what it made is cleaned up. */
  readonly stop: AbortSignal;
}

/** How one step of a self-test went. */
export interface SelftestStep {
  readonly kind: ActionKind;
  readonly outcome: Outcome["kind"];
  /** Why it did not succeed; null when it did. */
  readonly why: string | null;
  /** Milliseconds. */
  readonly tookMs: number;
}

/** How a self-test went. */
export interface SelftestReport {
  readonly transaction: string;
  readonly vmid: number;
  /** `refused`: nothing was begun. */
  readonly outcome: "passed" | "refused" | "failed" | "stopped";
  readonly steps: readonly SelftestStep[];
  /** Why it did not pass; null when it did. */
  readonly problem: string | null;
  /** Why something of it may still be on the host; null when nothing is. */
  readonly left: string | null;
}

/**
 * Takes a snapshot of a stopped guest, takes the guest back to it, and deletes it: the whole way of
 * an operation (gate, permit, journal, task, reading back) on something that nobody misses. All three
 * are steps of one transaction, and so benign: its own snapshot, the guest stopped throughout.
 *
 * However it ends, its snapshot is gone afterwards, or the report says why not and the transaction
 * stays open for recovery. With `signal` aborted (the daemon ends) cleaning up is left to the next
 * start.
 *
 * @throws {FelhomError} when the host cannot be read before anything began
 */
export async function runSelftest(
  work: Work,
  wish: SelftestWish,
  signal: AbortSignal,
): Promise<SelftestReport> {
  const { transaction, vmid, stop } = wish;
  const obstacle = await selftestObstacle(work, vmid);
  const { steps, problem } = obstacle === null
    ? await takeSteps(work, wish, signal)
    : { steps: [], problem: obstacle };
  const report = { transaction, vmid, steps, problem };
  if (problem === null) {
    work.state.transactions.close(transaction, "committed", work.clock.now());
    return { ...report, outcome: "passed", left: null };
  }
  const outcome = stop.aborted || signal.aborted
    ? "stopped"
    : steps.some(({ outcome }) => outcome !== "denied" && outcome !== "not_begun")
    ? "failed"
    : "refused";
  return { ...report, outcome, left: await cleanUp(work, transaction, signal) };
}

/** @returns why something may be left on the host; null when nothing is */
async function cleanUp(
  work: Work,
  transaction: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (signal.aborted && work.state.transactions.get(transaction)?.outcome === "open") {
    return "The agent is stopping: what was made is cleaned up at the next start";
  }
  const undone = await compensate(work, transaction, signal);
  return undone === "rolled_back" ? null : undone.blocked;
}

/** Takes one step after the other, until one does not succeed or it is to end early. */
async function takeSteps(
  work: Work,
  { transaction, vmid, stop }: SelftestWish,
  signal: AbortSignal,
): Promise<{ readonly steps: readonly SelftestStep[]; readonly problem: string | null }> {
  const steps: SelftestStep[] = [];
  const parts: Parts = { work, vmid, transaction };
  for (const next of [taking, takingBack, deleting]) {
    if (stop.aborted) return { steps, problem: "It was ended early" };
    if (signal.aborted) return { steps, problem: "The agent is stopping" };
    const step = await takeStep(work, next(parts), {
      within: { transaction, step: steps.length },
      signal,
    });
    steps.push(step);
    if (step.why !== null) return { steps, problem: `${step.kind}: ${step.why}` };
  }
  return { steps, problem: null };
}

async function takeStep(
  work: Work,
  action: Action,
  { within, signal }: {
    readonly within: NonNullable<Step["within"]>;
    readonly signal: AbortSignal;
  },
): Promise<SelftestStep> {
  const began = work.clock.monotonic();
  const outcome = await carryOutStep(work, {
    action,
    origin: "selftest",
    source: "control socket",
    reference: within.transaction,
    why: `the self-test of guest ${action.guest} was asked for`,
    within,
  }, signal);
  return {
    kind: action.kind,
    outcome: outcome.kind,
    why: outcome.kind === "succeeded" ? null : outcome.why,
    tookMs: Math.round(work.clock.monotonic() - began),
  };
}

interface Parts {
  readonly work: Work;
  readonly vmid: number;
  readonly transaction: string;
}

function taking({ vmid, transaction }: Parts): Action {
  const snapshot = snapshotName(transaction);
  const description = `Self-test ${transaction}: it is deleted at once`;
  return { kind: "guest.snapshot", guest: vmid, params: { snapshot, description } };
}

function takingBack(parts: Parts): Action {
  return { kind: "guest.rollback", guest: parts.vmid, params: taken(parts) };
}

function deleting(parts: Parts): Action {
  return { kind: "guest.delete_snapshot", guest: parts.vmid, params: taken(parts) };
}

/** The snapshot as the journal marks it: another of the same name is another one. */
function taken({ work, vmid, transaction }: Parts): { snapshot: string; taken_at: number } {
  const snapshot = snapshotName(transaction);
  const mark = work.state.snapshots.get(vmid, snapshot);
  if (mark !== undefined) return { snapshot, taken_at: mark.takenAt };
  throw new FelhomError("internal.bug", `Cannot find the mark of snapshot ${snapshot}`);
}

/** Never given twice, since no transaction's id is; 2 to 40 characters, the first a letter. */
function snapshotName(transaction: string): string {
  return `felhom-${transaction.replaceAll(/[^a-zA-Z0-9]/g, "").slice(0, 33)}`;
}
