import { type GuestMade, isScratch } from "../../state/mod.ts";
import { inspectFirst } from "../executors/inspect_first.ts";
import { bySignature } from "./remove_scratch.ts";
import type { Work } from "../work.ts";

/**
 * What is left of earlier self-tests, a sentence each: what is taken away by itself, and what is not
 * any more because nothing proves now that it is nobody's.
 *
 * @param options.but the guest of the self-test that runs
 */
export function scratchLeft(
  { state, clock }: Pick<Work, "state" | "clock">,
  { but }: { readonly but: number | undefined },
): string[] {
  return state.guests.scratch().filter(({ vmid }) => vmid !== but)
    .map((made) => told(made, clock.now()));
}

/**
 * Why a guest that a self-test made stays; null when it is none, is taken away yet, or is a desired
 * state's.
 */
export function scratchStays(
  { state, clock }: Pick<Work, "state" | "clock">,
  vmid: number,
): string | null {
  const made = state.guests.get(vmid);
  const isLeft = made !== undefined && made.scratchUntil !== null && made.desiredAt === null;
  return isLeft && !isScratch(made, clock.now()) ? told(made, clock.now()) : null;
}

function told(made: GuestMade, now: number): string {
  const { vmid, madeAt, scratchLostWhy } = made;
  const of = `Guest ${vmid} is left from a self-test of ${new Date(madeAt).toISOString()}`;
  if (isScratch(made, now)) {
    return `${of}; it is taken away as soon as nothing stands in the way: felhom-agent why ${vmid}`;
  }
  const why = scratchLostWhy ?? "nothing proves any more that nobody uses it";
  return `${of}, and stays: ${why}. Look at it: ${inspectFirst(vmid)}. ${bySignature(vmid)}`;
}
