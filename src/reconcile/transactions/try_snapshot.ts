import type { Action } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import type { Work } from "../work.ts";
import { hasBrokenRollback, keptSnapshot } from "./broken_rollback.ts";
import { compensate } from "./compensate.ts";
import type { SelftestStep, SelftestWish } from "./selftest_report.ts";
import { endedEarly, takeSelftestStep } from "./selftest_step.ts";

/** What came of it. */
export interface TriedSnapshot {
  readonly steps: readonly SelftestStep[];
  /** Why it did not go through; null when it did. */
  readonly problem: string | null;
  /** What of it may still be there, and why; null when nothing is. */
  readonly left: string | null;
}

/**
 * Takes a snapshot of a stopped guest, takes the guest back to it if it is scratch, and deletes it. All
 * are steps of one transaction, and so benign: its own snapshot, the guest stopped throughout. A guest
 * that somebody named is never taken back: what is written meanwhile, by whatever way, would be lost.
 *
 * However it ends, the snapshot is gone afterwards, or it is told why not. After a rollback that did
 * not end well it is kept, for the operator: it may be the only copy.
 *
 * @param how.transaction an id never used before
 */
export async function trySnapshot(
  work: Work,
  wish: SelftestWish,
  how: { readonly transaction: string; readonly signal: AbortSignal },
): Promise<TriedSnapshot> {
  const { steps, problem } = await takeSteps(work, wish, how);
  if (problem === null) {
    work.state.transactions.close(how.transaction, "committed", work.clock.now());
    return { steps, problem, left: null };
  }
  return { steps, problem, left: await cleanUp(work, wish.vmid, how) };
}

type How = Parameters<typeof trySnapshot>[2];

/** @returns what may be left on the host, and why; null when nothing is */
async function cleanUp(
  work: Work,
  vmid: number,
  { transaction, signal }: How,
): Promise<string | null> {
  const { state } = work;
  if (signal.aborted && state.transactions.get(transaction)?.outcome === "open") {
    return "The agent is stopping: what was made is cleaned up at the next start";
  }
  const undone = await compensate(work, transaction, signal);
  if (undone !== "rolled_back") return undone.blocked;
  const name = snapshotName(transaction);
  const isKept = state.snapshots.get(vmid, name) !== undefined &&
    hasBrokenRollback(state.operations.ofTransaction(transaction));
  return isKept ? keptSnapshot(vmid, name) : null;
}

/** Takes one step after the other, until one does not succeed or it is to end early. */
async function takeSteps(
  work: Work,
  wish: SelftestWish,
  { transaction, signal }: How,
): Promise<Pick<TriedSnapshot, "steps" | "problem">> {
  const { vmid } = wish;
  const steps: SelftestStep[] = [];
  const parts: Parts = { work, vmid, transaction };
  const all = wish.scratch === null ? [taking, deleting] : [taking, takingBack, deleting];
  for (const next of all) {
    const ended = endedEarly(wish, signal);
    if (ended !== null) return { steps, problem: ended };
    const within = { transaction, step: steps.length };
    const step = await takeSelftestStep(work, next(parts), { wish, within, signal });
    steps.push(step);
    if (step.why !== null) return { steps, problem: `${step.kind}: ${step.why}` };
  }
  return { steps, problem: null };
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
