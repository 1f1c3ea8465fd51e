import type { ActionKind } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import { readIdentity, sameParts } from "../../gate/mod.ts";
import type { OperationOrigin } from "../../state/mod.ts";
import type { Story } from "../executors/executor.ts";
import { readConfigOrNull } from "../executors/read_config.ts";
import { isRightAfter } from "../executors/right_after.ts";
import type { Work } from "../work.ts";

/** With which configuration a step left scratch; null when nobody knows. */
export interface LeftAs {
  readonly vmid: number;
  readonly digest: string | null;
}

/**
 * What changes the file of the configuration. A start or a stop does not, as long as nothing is pending
 * (FACTS §3.5): a change that comes with one is somebody else's.
 */
const CHANGES: ReadonlySet<string> = new Set<ActionKind>(
  ["guest.settings", "guest.snapshot", "guest.delete_snapshot", "guest.rollback", "guest.destroy"],
);

/** Whose steps are the agent's own: no hub, no job and no desired state has these origins. */
export function isOwnStep(origin: OperationOrigin): boolean {
  return origin === "selftest" || origin === "recovery";
}

/**
 * With which configuration a step of the agent's own left its scratch, right after it ended, well or
 * not. Null when that is to be left as it stands: the step changes none, or it is still the same, or the
 * guest is locked (how it is when the lock is gone is not known yet), or it is no scratch any more.
 *
 * @throws {FelhomError} `proxmox.*` when the host cannot be asked
 */
export async function scratchLeftAs(
  { state, eyes }: Pick<Work, "state" | "eyes">,
  id: string,
  story: Story,
): Promise<LeftAs | null> {
  const operation = state.operations.get(id);
  if (operation === undefined || operation.vmid === null || !isOwnStep(operation.origin)) {
    return null;
  }
  const { vmid, kind } = operation;
  const made = state.guests.get(vmid);
  if (made === undefined || made.scratchUntil === null || made.scratchLostAt !== null) return null;
  // What nobody knew once is not known again.
  if (made.lastDigest === null || !CHANGES.has(kind)) return null;
  try {
    const config = await readConfigOrNull(eyes.reads, vmid);
    if (config === null || config.lock !== undefined) return null;
    if (config.digest === made.lastDigest || !sameParts(readIdentity([config]), made)) return null;
    return { vmid, digest: await isRightAfter(story, eyes) ? config.digest : null };
  } catch (error) {
    // A destroy takes the right to read it along (FACTS §3.8).
    if (error instanceof FelhomError && error.code === "proxmox.forbidden") {
      return { vmid, digest: null };
    }
    throw error;
  }
}
