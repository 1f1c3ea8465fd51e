import type { StorageFacts } from "../../gate/mod.ts";
import type { Reads } from "../../proxmox/mod.ts";
import { attempt } from "./attempt.ts";

/**
 * How much room storages have; one that cannot be read, or shows no figures, is left out. An inactive
 * one shows zeros, and is told on as it is (FACTS §5).
 *
 * Of a thin pool the API shows as room of the storage what its data volume has, so there is no pool
 * beside it. Its metadata stands in `disks/lvmthin` alone, which needs Sys.Audit on `/`: the agent's
 * role has nothing there, so nobody can see it.
 *
 * Needs Datastore.Audit on each.
 */
export async function readRoom(
  storages: Iterable<string>,
  { reads, signal }: { readonly reads: Reads; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, StorageFacts>>> {
  const read = await Promise.all(
    [...new Set(storages)].map(async (storage) => {
      const status = await attempt(reads.storageStatus(storage, { signal }), { signal });
      if (!status.ok) return [];
      const { avail: available, total } = status.value;
      if (available === undefined || total === undefined) return [];
      return [[storage, { available, total, pool: null, metadata: null }] as const];
    }),
  );
  return Object.fromEntries(read.flat());
}
