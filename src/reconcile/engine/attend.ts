import { FelhomError } from "../../errors.ts";
import type { Guest } from "../../proxmox/mod.ts";
import { isFinal, isReadable, isScratch, type Operation } from "../../state/mod.ts";
import type { DesiredState } from "../desired/desired_state.ts";
import { readActualGuest, type SeenGuest } from "../actual/read_actual.ts";
import { carryOutOperation, carryOutStep } from "../carry_out.ts";
import type { Outcome } from "../outcome.ts";
import type { PlannedStep } from "../plan/guest_plan.ts";
import { planGuest } from "../plan/plan_guest.ts";
import { describeStep, renderStep } from "../plan/render_plan.ts";
import { blameOfError, blameOfOutcome } from "../queue/blame.ts";
import type { Lane } from "../queue/lane.ts";
import type { Hold } from "../queue/lanes.ts";
import type { RemovalTries } from "../queue/removal_tries.ts";
import type { Ledger, Tried } from "../queue/ledger.ts";
import type { OneAtATime } from "../queue/one_at_a_time.ts";
import { excusing, giveUpOver, pauseBackup, pauseWaiting } from "../settling/unsigned_waiting.ts";
import { settle } from "../settle.ts";
import { nextOf } from "../queue/next_of.ts";
import { compensate } from "../transactions/compensate.ts";
import { createGuest } from "../transactions/create_guest.ts";
import { halfMadeIn } from "../transactions/half_made.ts";
import { offerSwap } from "../transactions/offer_swap.ts";
import { placeScratch } from "../transactions/place_scratch.ts";
import { removeScratch } from "../transactions/remove_scratch.ts";
import type { SelftestReport, SelftestWish } from "../transactions/selftest_report.ts";
import { runSelftest } from "../transactions/selftest_task.ts";
import type { Work } from "../work.ts";
import type { Tally } from "./tally.ts";
import type { SelftestJobs } from "./selftest_jobs.ts";

/** What is to become of a lane after a look at it. */
export type Visit =
  /** Nothing is left to be done. */
  | { readonly then: "idle" }
  /** One thing was done; there may be more. The guest's row, where it was read just now. */
  | { readonly then: "again"; readonly row?: Guest }
  /** Something did not go through, for this reason; null when it is everybody's on this host. */
  | { readonly then: "later"; readonly why: string | null }
  /** It has to wait so long: drift for its next try, or a guest for a restore that makes it. */
  | { readonly then: "wait"; readonly forMs: number; readonly why?: string }
  /** The node makes one backup at a time, and makes one now: told when it is free. */
  | { readonly then: "when_free"; readonly why: string };

export interface AttendParts {
  readonly work: Work;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly selftests: SelftestJobs;
  readonly removals: RemovalTries;
  /** The node's one vzdump (FACTS §4). */
  readonly backups: OneAtATime;
  /** Has another lane looked at. */
  readonly wake: (lane: Lane) => void;
}

/** What is done for an operation when its turn has come. */
interface Turn {
  readonly parts: AttendParts;
  readonly act: () => Promise<Outcome>;
  readonly signal: AbortSignal;
}

const IDLE: Visit = { then: "idle" };
const AGAIN: Visit = { then: "again" };
const FULL: Visit = { then: "later", why: null };
/** Between two looks whether a restore has ended. */
const RESTORE_LOOK_MS = 5_000;
const ONE_BACKUP = "The node makes one backup at a time, and makes another one now";

/**
 * Does the next thing for a lane: what was begun and not seen to its end; then what is half made of a
 * transaction, for good, before anything else can happen to it; then the next authorised operation;
 * then what a self-test left; then a self-test; then, read and planned anew, the next step towards what is desired. So signed work,
 * jobs and drift take one way. A guest that a restore is making beside another one is left alone until
 * that has ended.
 *
 * @param options.signal aborted when the daemon ends: waiting is given up, and nothing new begins
 * @param options.row the guest's, read a moment ago @default it is read when it is needed
 */
export async function attend(
  hold: Hold,
  parts: AttendParts,
  { signal, row }: { readonly signal: AbortSignal; readonly row?: Guest | undefined },
): Promise<Visit> {
  const { lane } = hold;
  const { work } = parts;
  if (signal.aborted) return IDLE;
  const open = openOperations(work, lane);
  const begun = open.find(({ state }) => state !== "authorised");
  if (begun !== undefined) {
    const act = () => {
      hold.tell(`${begun.kind} (what became of it)`);
      return settle(work, begun, { wait: true, signal });
    };
    return await inTurn(hold, begun, { parts, act, signal });
  }
  const restore = lane === "host" ? undefined : work.state.operations.restoringTo(lane);
  if (restore?.ended === false) {
    pauseWaiting(work, guestOf(lane));
    return forRestore(lane, restore.id);
  }
  const [halfMade] = halfMadeIn(work.state, lane).filter(({ id }) => !isUnfinished(work, id));
  // On a full disk nothing new begins; what began is recorded, and made undone, from the reserve. Where
  // only the database is full, what is signed begins still.
  const acceptsWork = work.state.acceptsWork();
  const acceptsSigned = acceptsWork || work.state.acceptsWork("signed");
  const scratch = lane === "host" ? undefined : work.state.guests.get(lane);
  const left = scratch !== undefined && isScratch(scratch, work.clock.now()) ? scratch : undefined;
  const authorised = acceptsWork
    ? nextOf(work, giveUpOver(work, open))
    : open.find(({ id }) => acceptsSigned && work.state.operations.isSigned(id));
  const undoes = halfMade !== undefined || left !== undefined;
  if (!acceptsWork && authorised === undefined && !undoes) return FULL;
  if (halfMade !== undefined) {
    hold.tell("undoing what was half made");
    const wanted = authorised !== undefined;
    const undone = await compensate(work, halfMade.id, signal, { wanted });
    return undone === "rolled_back" || undone.kept ? AGAIN : { then: "later", why: undone.blocked };
  }
  if (authorised !== undefined) {
    const act = () => {
      hold.tell(authorised.kind);
      return carryOutOperation(work, authorised, signal);
    };
    return await inTurn(hold, authorised, { parts, act, signal });
  }
  if (lane === "host") return IDLE;
  if (left !== undefined) {
    hold.tell("taking away what a self-test left");
    const { removals: tries } = parts;
    const stays = await removeScratch(work, left, { signal, tries });
    if (stays === null) tries.forget(lane);
    return stays === null ? AGAIN : { then: "later", why: stays };
  }
  return await selftest(hold, lane, parts, signal) ??
    await converge(hold, lane, parts, { signal, row });
}

/** Whether an operation of a transaction has not ended: it is seen to that first. */
function isUnfinished({ state }: Work, transaction: string): boolean {
  return state.operations.ofTransaction(transaction).some((operation) => !isFinal(operation.state));
}

function forRestore(lane: Lane, restore: string): Visit {
  const why = `A restore makes guest ${lane} and is not through: ${restore}`;
  return { then: "wait", forMs: RESTORE_LOOK_MS, why };
}

/** Unfinished operations of a lane, oldest first. */
function openOperations({ state }: Work, lane: Lane): readonly Operation[] {
  return state.operations.unfinishedOf(guestOf(lane));
}

function guestOf(lane: Lane): number | null {
  return lane === "host" ? null : lane;
}

/** Does something for an operation; a backup only when the node makes no other one. */
async function inTurn(hold: Hold, operation: Operation, turn: Turn): Promise<Visit> {
  const { work, backups } = turn.parts;
  const act = () => excusing(work, operation, turn.act);
  if (operation.kind !== "guest.backup") return await record(operation, await act(), turn);
  const stay = backups.tryEnter(hold.lane);
  if (stay === null) {
    pauseBackup(work, operation);
    return { then: "when_free", why: ONE_BACKUP };
  }
  try {
    if (operation.state === "authorised" && backsUpElsewhere(work, operation)) {
      pauseBackup(work, operation);
      return { then: "later", why: ONE_BACKUP };
    }
    return await record(operation, await act(), turn);
  } finally {
    stay.leave();
  }
}

/** Whether another backup was begun and not seen to its end: by an earlier run, or lost sight of. */
function backsUpElsewhere({ state }: Work, { id }: Operation): boolean {
  return state.operations.unfinished().filter(isReadable).some((row) =>
    row.kind === "guest.backup" && row.id !== id && row.state !== "authorised"
  );
}

/** What is to become of the lane after an operation that is no step of drift. */
async function record(
  operation: Operation,
  outcome: Outcome,
  { parts, signal }: Omit<Turn, "act">,
): Promise<Visit> {
  parts.tally.count(outcome);
  switch (outcome.kind) {
    case "succeeded":
      await offerSwap(parts.work, operation, signal);
      return AGAIN;
    case "failed":
    case "unknown":
      // It has its end in the journal; whatever comes next is something else.
      return AGAIN;
    case "denied":
    case "not_begun": {
      // What was given up has its end; what still holds waits for its time.
      const kept = parts.work.state.operations.get(operation.id)?.state === "authorised";
      return kept ? { then: "later", why: outcome.why } : AGAIN;
    }
    case "running":
      return { then: "later", why: outcome.why };
    default:
      return outcome satisfies never;
  }
}

async function selftest(
  hold: Hold,
  vmid: number,
  parts: AttendParts,
  signal: AbortSignal,
): Promise<Visit | undefined> {
  const { work, selftests } = parts;
  const job = selftests.of(vmid);
  if (job === undefined) return undefined;
  hold.tell("selftest");
  const report = await attempt(job, () => runSelftest(work, job, signal));
  if (report.outcome === "taken" && selftests.mayMove(job)) {
    const moved = await attempt(job, async () => selftests.move(job, await placeScratch(work)));
    if (!("outcome" in moved)) {
      parts.wake(moved.vmid);
      return AGAIN;
    }
    selftests.report(moved);
  } else selftests.report(report);
  selftests.remove(job);
  return AGAIN;
}

/** What came of a part of a self-test. Where host or state cannot be read, the report says so. */
async function attempt<T>(
  { transaction, vmid }: SelftestWish,
  part: () => Promise<T>,
): Promise<T | SelftestReport> {
  try {
    return await part();
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    const problem = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
    return { transaction, vmid, outcome: "failed", steps: [], problem, left: null };
  }
}

/** One step towards what is desired. */
async function converge(
  hold: Hold,
  vmid: number,
  parts: AttendParts,
  { signal, row }: { readonly signal: AbortSignal; readonly row: Guest | undefined },
): Promise<Visit> {
  const { work, ledger, tally } = parts;
  const desired = work.provider.current();
  ledger.follow(desired);
  const wanted = desired.guests.get(vmid);
  if (wanted === undefined) return IDLE;
  const turn = ledger.turn(vmid);
  if (!turn.may) return turn.inMs === null ? IDLE : { then: "wait", forMs: turn.inMs };
  let tried: Tried = { of: desired, step: "read the guest" };
  try {
    hold.tell(tried.step);
    const seen = await readActualGuest(work.eyes.reads, vmid, { signal, row });
    const plan = planGuest(wanted, seen?.guest, { managed: work.managed });
    const [step] = plan.steps;
    ledger.lookedAt(vmid, { of: desired, steps: plan.steps.length, told: plan.told });
    if (step === undefined) return IDLE;
    tried = { of: desired, step: describeStep(step) };
    hold.tell(tried.step);
    work.log.info(`${vmid}: ${renderStep(step)}`);
    const outcome = await take(work, { step, seen, desired, signal });
    tally.count(outcome);
    const blame = blameOfOutcome(outcome);
    if (blame === null) {
      ledger.succeeded(vmid, tried);
      return outcome.kind === "succeeded" && outcome.row !== undefined
        ? { then: "again", row: outcome.row }
        : AGAIN;
    }
    const problem = problemOf(outcome);
    work.log.warn(`${vmid}: ${tried.step} did not go through`, { outcome: outcome.kind, problem });
    ledger.failed(vmid, { ...tried, problem, blame });
  } catch (error) {
    if (signal.aborted) return IDLE;
    if (!(error instanceof FelhomError)) throw error;
    ledger.failed(vmid, { ...tried, problem: error.message, blame: blameOfError(error) });
  }
  const next = ledger.turn(vmid);
  if (next.may) return AGAIN;
  return next.inMs === null ? IDLE : { then: "wait", forMs: next.inMs };
}

async function take(
  work: Work,
  { step, seen, desired: { provider, revision }, signal }: {
    readonly step: PlannedStep;
    readonly seen: SeenGuest | undefined;
    readonly desired: DesiredState;
    readonly signal: AbortSignal;
  },
): Promise<Outcome> {
  const { action } = step;
  const wish = {
    origin: "desired",
    // A hub that names guests to be stopped asks for it, whatever way it takes.
    source: provider === "hub" ? "hub" : "agent",
    reference: revision,
    why: renderStep(step),
  } as const;
  if (action.kind === "guest.create") return await createGuest(work, { ...wish, action }, signal);
  // Who changes memory goes by what the guest uses, and does not look at that again: it is read late.
  const row = action.kind === "guest.settings" ? undefined : seen?.row;
  return await carryOutStep(work, {
    ...{ ...wish, action, within: null },
    ...(row === undefined ? {} : { row }),
  }, signal);
}

function problemOf(outcome: Outcome): string {
  return outcome.kind === "succeeded" ? "" : outcome.why;
}
