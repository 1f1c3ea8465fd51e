import type { ActionOf } from "../../action/mod.ts";
import type { Facts } from "../../gate/mod.ts";
import { parseVmid, type Reads, type Snapshot } from "../../proxmox/mod.ts";
import type { Eyes } from "./executor.ts";
import { type HeldWhole, type NotHeld, recheckWhole } from "./recheck_guest.ts";

/**
 * Reads a guest and the snapshot that an action names again, under the permit: it is the one that
 * was taken at that time. To go back to it must be whole; what is left of one can be deleted.
 */
export async function recheckSnapshot(
  { kind, guest, params: { snapshot, taken_at } }: ActionOf<
    "guest.rollback" | "guest.delete_snapshot"
  >,
  facts: Facts,
  { reads }: Pick<Eyes, "reads">,
): Promise<HeldWhole | NotHeld> {
  const held = await recheckWhole(guest, facts, { reads });
  if (!held.holds) return held;
  const never = (why: string): NotHeld => ({ holds: false, passes: false, why });
  const found = await findSnapshot(reads, guest, snapshot);
  if (found === undefined) return never(`Guest ${guest} has no snapshot ${snapshot} any more`);
  if (found.snaptime !== taken_at) {
    return never(`Snapshot ${snapshot} of guest ${guest} is another one now`);
  }
  if (kind === "guest.rollback" && found.snapstate !== undefined) {
    return never(`Snapshot ${snapshot} of guest ${guest} is incomplete (${found.snapstate})`);
  }
  return held;
}

/** The snapshot of that name, whenever it was taken. */
export async function findSnapshot(
  reads: Pick<Reads, "guestSnapshots">,
  guest: number,
  name: string,
): Promise<Snapshot | undefined> {
  const rows = await reads.guestSnapshots(parseVmid(guest));
  return rows.find((row) => row.name === name);
}
