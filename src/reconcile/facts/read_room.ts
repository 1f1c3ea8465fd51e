import type { StorageFacts } from "../../gate/mod.ts";
import type { Reads, StorageStatus } from "../../proxmox/mod.ts";
import { attempt } from "./attempt.ts";

/** What storages say of themselves, by name; one that cannot be read is left out. */
export type StorageStatuses = ReadonlyMap<string, StorageStatus>;

/** Asks each storage once. Needs Datastore.Audit on each. */
export async function readStatuses(
  storages: Iterable<string>,
  { reads, signal }: { readonly reads: Pick<Reads, "storageStatus">; readonly signal: AbortSignal },
): Promise<StorageStatuses> {
  const read = await Promise.all(
    [...new Set(storages)].map(async (storage) => {
      const status = await attempt(reads.storageStatus(storage, { signal }), { signal });
      return status.ok ? [[storage, status.value] as const] : [];
    }),
  );
  return new Map(read.flat());
}

/**
 * How much room storages have; one that shows no figures is left out. An inactive one shows zeros, and
 * is told on as it is (FACTS §5).
 *
 * Of a thin pool the API shows as room of the storage what its data volume has, so there is no pool
 * beside it. Its metadata stands in `disks/lvmthin` alone, which needs Sys.Audit on `/`: the agent's
 * role has nothing there, so nobody can see it.
 */
export function roomOf(statuses: StorageStatuses): Readonly<Record<string, StorageFacts>> {
  return Object.fromEntries(
    [...statuses].flatMap(([storage, { avail: available, total }]) =>
      available === undefined || total === undefined
        ? []
        : [[storage, { available, total, pool: null, metadata: null }] as const]
    ),
  );
}
