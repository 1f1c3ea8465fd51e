import type { Action } from "../../action/mod.ts";
import { parseVmid } from "../../proxmox/mod.ts";
import type { Work } from "../work.ts";
import { compensate } from "./compensate.ts";
import type { ScratchPlace } from "./place_scratch.ts";
import { roomProblem } from "./room_problem.ts";
import { removeScratch } from "./remove_scratch.ts";
import { outcomeOf } from "./selftest_outcome.ts";
import type { SelftestReport, SelftestStep, SelftestWish } from "./selftest_report.ts";
import { endedEarly, takeSelftestStep } from "./selftest_step.ts";
import { standingScratch } from "./standing_scratch.ts";
import { trySnapshot } from "./try_snapshot.ts";

/** A self-test for which a guest is made. */
export type ScratchWish = SelftestWish & { readonly scratch: ScratchPlace };

/** How a self-test or a part of it went. */
type Came = Pick<SelftestReport, "steps" | "problem" | "left">;

/** MiB; a container without a network needs little. */
const MEMORY = 512;
const DESCRIPTION = "A self-test of felhom-agent made this guest, and destroys it at its end";
const STOPPING = "The agent is stopping: what was made is cleaned up at the next start";

/**
 * Makes a guest from a golden image, every link down, and tries on it what can be tried: a setting,
 * snapshot, rollback, deletion of the snapshot, start, stop; then it is destroyed. The creation is a
 * transaction of its own, committed before the guest can be started, and so is the snapshot; what
 * destroys the guest rests on the mark of scratch alone.
 *
 * However it ends, the guest is destroyed, or it is told why not: then who works on its VMID next tries
 * again, after a crash as well, as long as the guest is proven to be that scratch.
 */
export async function runScratchSelftest(
  work: Work,
  wish: ScratchWish,
  signal: AbortSignal,
): Promise<SelftestReport> {
  const { transaction, vmid } = wish;
  const came = await tryAll(work, wish, signal);
  if (came === "taken") {
    const problem = `VMID ${vmid} was taken meanwhile`;
    return { transaction, vmid, outcome: "taken", steps: [], problem, left: null };
  }
  return { transaction, vmid, outcome: outcomeOf(wish, came, signal), ...came };
}

async function tryAll(
  work: Work,
  wish: ScratchWish,
  signal: AbortSignal,
): Promise<Came | "taken"> {
  const { vmid } = wish;
  const ended = endedEarly(wish, signal) ?? roomProblem(work.state);
  if (ended !== null) return { steps: [], problem: ended, left: null };
  // Another one may have left its guest since the place was chosen.
  const standing = await standingScratch(work);
  if (standing !== null) {
    return { steps: [], problem: `${standing.why}. ${standing.hint}`, left: null };
  }
  // Who wants the VMID by now has it.
  if (work.provider.current().guests.has(vmid)) return "taken";
  const made = await make(work, wish, signal);
  if (made === "taken" || made.problem !== null) return made;
  const tried = await tryOn(work, wish, signal);
  const stays = signal.aborted ? STOPPING : await remove(work, wish, signal);
  return {
    steps: [...made.steps, ...tried.steps],
    problem: tried.problem ?? (stays === null ? null : "What was made could not be taken away"),
    left: joined(tried.left, stays),
  };
}

/** Makes the guest. @returns "taken" when somebody else made one under the VMID meanwhile */
async function make(
  work: Work,
  wish: ScratchWish,
  signal: AbortSignal,
): Promise<Came | "taken"> {
  const { vmid } = wish;
  const transaction = work.newId();
  const step = await takeSelftestStep(work, creation(wish), {
    wish,
    within: { transaction, step: 0 },
    signal,
  });
  const steps = [step];
  if (step.why === null) return { steps, problem: null, left: null };
  const problem = `${step.kind}: ${step.why}`;
  if (step.outcome === "running") {
    return { steps, problem, left: "It is settled when it has ended" };
  }
  if (signal.aborted) return { steps, problem, left: STOPPING };
  const undone = await compensate(work, transaction, signal);
  if (undone !== "rolled_back") return { steps, problem, left: undone.blocked };
  return await work.eyes.reads.isFree(parseVmid(vmid)) ? { steps, problem, left: null } : "taken";
}

/** Everything between making and destroying it. */
async function tryOn(work: Work, wish: ScratchWish, signal: AbortSignal): Promise<Came> {
  const { vmid } = wish;
  const steps: SelftestStep[] = [];
  const take = async (action: Action): Promise<string | null> => {
    const ended = endedEarly(wish, signal);
    if (ended !== null) return ended;
    const step = await takeSelftestStep(work, action, { wish, within: null, signal });
    steps.push(step);
    return step.why === null ? null : `${step.kind}: ${step.why}`;
  };
  const set = { description: `${DESCRIPTION} (${wish.transaction})` };
  const setting = { kind: "guest.settings", guest: vmid, params: { set, unset: [] } } as const;
  // Before the snapshot: a rollback is benign as long as nothing changed since.
  const before = await take(setting);
  if (before !== null) return { steps, problem: before, left: null };
  const snapshot = await trySnapshot(work, wish, { transaction: work.newId(), signal });
  steps.push(...snapshot.steps);
  if (snapshot.problem !== null) return { ...snapshot, steps };
  const problem = await take({ kind: "guest.start", guest: vmid, params: {} }) ??
    await take({ kind: "guest.stop", guest: vmid, params: {} });
  return { steps, problem, left: null };
}

/** @returns what is left, and why; null when nothing is */
async function remove(
  work: Work,
  { vmid, onOperation }: ScratchWish,
  signal: AbortSignal,
): Promise<string | null> {
  const mark = work.state.guests.get(vmid);
  return mark === undefined ? null : await removeScratch(work, mark, { signal, onOperation });
}

function creation({ scratch: { vmid, image, storage, bridge }, transaction }: ScratchWish): Action {
  return {
    kind: "guest.create",
    guest: vmid,
    params: {
      image,
      storage,
      hostname: `felhom-selftest-${vmid}`,
      network: { bridge, vlan: null, ipv4: "manual", gateway: null, link_down: true },
      cores: 1,
      memory: MEMORY,
      swap: 0,
      onboot: false,
      tags: ["felhom", "selftest"],
      description: `${DESCRIPTION} (${transaction}), with a setting to be changed`,
    },
  };
}

function joined(...said: readonly (string | null)[]): string | null {
  const left = said.filter((each) => each !== null);
  return left.length === 0 ? null : left.join(". ");
}
