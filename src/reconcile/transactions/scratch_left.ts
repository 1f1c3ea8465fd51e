import { isScratch } from "../../state/mod.ts";
import { inspectFirst } from "../executors/inspect_first.ts";
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
  return state.guests.scratch().filter(({ vmid }) => vmid !== but).map((made) => {
    const { vmid, madeAt } = made;
    const of = `Guest ${vmid} is left from a self-test of ${new Date(madeAt).toISOString()}`;
    return isScratch(made, clock.now())
      ? `${of}; it is taken away as soon as nothing stands in the way: felhom-agent why ${vmid}`
      : `${of}, and stays: nothing proves any more that nobody uses it. Look at it: ` +
        inspectFirst(vmid);
  });
}
