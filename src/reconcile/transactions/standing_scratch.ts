import { readIdentity, sameParts } from "../../gate/mod.ts";
import { type GuestMade, isScratch } from "../../state/mod.ts";
import { readConfigOrNull } from "../executors/read_config.ts";
import type { Work } from "../work.ts";
import { bySignature } from "./remove_scratch.ts";

/** Why no guest is made for a self-test, and the way out. */
export interface Standing {
  readonly why: string;
  readonly hint: string;
}

/**
 * The guest of an earlier self-test that is still there, whatever became of its mark: one at most is
 * left. Marks of guests that are gone go, and those of which another guest has the VMID.
 *
 * @returns null when there is none
 * @throws {FelhomError} `proxmox.*` when the host cannot be asked
 */
export async function standingScratch(work: Work): Promise<Standing | null> {
  const { state, clock } = work;
  for (const made of state.guests.scratch()) {
    if (await isThere(work, made)) return standing(made, clock.now());
    state.guests.gone(made.vmid, clock.now());
  }
  return null;
}

async function isThere({ eyes: { reads } }: Work, made: GuestMade): Promise<boolean> {
  const config = await readConfigOrNull(reads, made.vmid);
  return config !== null && sameParts(readIdentity([config]), made);
}

function standing(made: GuestMade, now: number): Standing {
  const { vmid, scratchLostWhy } = made;
  const why = `guest ${vmid} is left from an earlier one`;
  return isScratch(made, now)
    ? {
      why,
      hint: "It is taken away as soon as nothing stands in the way; what does is told by: " +
        `felhom-agent why ${vmid}`,
    }
    : {
      why: `${why}, and the agent takes it away no more${
        scratchLostWhy === null ? "" : `: ${scratchLostWhy}`
      }`,
      hint: bySignature(vmid),
    };
}
