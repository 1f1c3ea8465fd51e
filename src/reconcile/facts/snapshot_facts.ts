import type { Action } from "../../action/mod.ts";
import type { Place, RollbackFacts, SignedWork } from "../../gate/mod.ts";
import type { Reads } from "../../proxmox/mod.ts";
import type { State } from "../../state/mod.ts";
import { attempt } from "./attempt.ts";

/** Types of storages that go back to the latest snapshot of a volume alone (FACTS §3.7). */
const LATEST_ONLY: ReadonlySet<string> = new Set(["zfspool"]);

/** Signed work that a new snapshot could get in the way of; null when the action takes none. */
export function signedWorkFor(
  { kind, guest }: Pick<Action, "kind" | "guest">,
  { operations, pending }: Pick<State, "operations" | "pending">,
  now: number,
): SignedWork | null {
  if (kind !== "guest.snapshot" || guest === null) return null;
  const rollbackWishedBy = pending.list(now)
    .filter((wish) => wish.kind === "guest.rollback" && wish.vmid === guest)
    .map(({ source }) => source);
  return { ...operations.signedOf(guest), rollbackWishedBy };
}

/**
 * What a rollback could fail on; null when the action is none. A storage that cannot be seen is left
 * out: Proxmox looks by itself, under the guest's lock, before it changes anything.
 */
export async function rollbackFactsFor(
  { kind, guest }: Pick<Action, "kind" | "guest">,
  place: Place,
  { reads, signal, state: { operations } }: {
    readonly reads: Pick<Reads, "storageConfigs">;
    readonly signal: AbortSignal;
    readonly state: Pick<State, "operations">;
  },
): Promise<RollbackFacts | null> {
  if (kind !== "guest.rollback" || guest === null) return null;
  const read = await attempt(reads.storageConfigs({ signal }), { signal });
  const used = storagesOfVolumes(place);
  const latestOnly = read.ok
    ? read.value.filter(({ storage, type }) =>
      used.includes(storage) && LATEST_ONLY.has(type ?? "")
    )
      .map(({ storage }) => storage)
    : [];
  const snapshotUnderWay = operations.unfinishedOf(guest)
    .some((each) => each.kind === "guest.snapshot" && each.state !== "authorised");
  return { latestOnly, snapshotUnderWay };
}

/** Where a guest's volumes lie, and where a snapshot of it grows. */
export function storagesOfVolumes(place: Place): readonly string[] {
  const volumes = place.kind === "here" ? place.guest.config?.identity.volumes ?? [] : [];
  return volumes.filter((volume) => volume.includes(":")).map((volume) =>
    volume.slice(0, volume.indexOf(":"))
  );
}
