import type { ActionOf } from "../../action/mod.ts";
import { carryOutStep } from "../carry_out.ts";
import type { Outcome } from "../outcome.ts";
import type { Step } from "../step.ts";
import type { Work } from "../work.ts";
import { compensate } from "./compensate.ts";

/** A guest that is wanted, with all that the journal keeps of why. */
export type WantedGuest =
  & Pick<Step, "origin" | "source" | "reference" | "why">
  & { readonly action: ActionOf<"guest.create"> };

/**
 * Makes a guest from a golden image, as a transaction of one step. It is committed with the outcome
 * of that step, in one transaction of the database, so before anything can start the guest. When it
 * does not succeed, what is left of it is destroyed; what cannot be (a creation that was killed keeps
 * its lock) leaves the transaction open, for recovery to try again.
 */
export async function createGuest(
  work: Work,
  wanted: WantedGuest,
  signal: AbortSignal,
): Promise<Outcome> {
  const transaction = work.newId();
  const outcome = await carryOutStep(
    work,
    { ...wanted, within: { transaction, step: 0 } },
    signal,
  );
  // What runs on may yet succeed.
  if (outcome.kind === "succeeded" || outcome.kind === "running") return outcome;
  const undone = await compensate(work, transaction, signal);
  if (undone === "rolled_back") return outcome;
  work.log.warn("a creation cannot be made undone", {
    vmid: wanted.action.guest,
    transaction,
    why: undone.blocked,
  });
  return { ...outcome, why: `${outcome.why}; it is not undone: ${undone.blocked}` };
}
