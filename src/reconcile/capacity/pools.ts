import type { StorageConfig, StorageStatus } from "../../proxmox/mod.ts";
import type { StorageStatuses } from "../facts/read_room.ts";

/** Storages beside a storage that take from the same room as it does, by name. */
export type PoolsOf = (storage: string, status: StorageStatus) => readonly string[];

/** How far apart two readings of the same room may be, as a share of the larger storage. */
const NEAR = 0.001;

/**
 * Which storages share their room. Where both say what they lie on, that tells: the zpool, the volume
 * group with its thin pool. Else it is told by what they have free: two folders of a file system, or a
 * folder and a dataset of one zpool, have the same free, and next to never two others. Those that have
 * as good as nothing used are an exception that does no harm: nothing is given away of them. Pure.
 */
export function poolsOf(
  statuses: StorageStatuses,
  configs: readonly StorageConfig[],
): PoolsOf {
  const grounds = new Map(configs.map((config) => [config.storage, groundOf(config)]));
  return (storage, status) => {
    // Both as they were read together, where that can be had.
    const then = statuses.get(storage) ?? status;
    return [...statuses].flatMap(([other, seen]) => {
      if (other === storage) return [];
      const [one, two] = [grounds.get(storage), grounds.get(other)];
      const same = one !== undefined && two !== undefined && one.kind === two.kind
        ? one.name === two.name
        : haveSameFree(then, seen);
      return same ? [other] : [];
    }).toSorted();
  };
}

/** Whether all that one storage has used is what the other has used: one file system under two names. */
export function isSameVolume(one: StorageStatus, other: StorageStatus): boolean {
  return haveSameFree(one, other) && isNear(one.total, other.total, one, other);
}

function haveSameFree(one: StorageStatus, other: StorageStatus): boolean {
  return isNear(freeOf(one), freeOf(other), one, other);
}

function freeOf({ total, used, avail }: StorageStatus): number | undefined {
  return avail ?? (total === undefined || used === undefined ? undefined : total - used);
}

function isNear(
  a: number | undefined,
  b: number | undefined,
  one: StorageStatus,
  other: StorageStatus,
): boolean {
  // An inactive one shows zeros.
  if (a === undefined || b === undefined || !one.total || !other.total) return false;
  return Math.abs(a - b) <= NEAR * Math.max(one.total, other.total);
}

interface Ground {
  readonly kind: string;
  readonly name: string;
}

/** What a storage lies on, where its configuration says so. */
function groundOf({ type, pool, vgname, thinpool }: StorageConfig): Ground | undefined {
  if (type === "zfspool" && pool !== undefined) {
    return { kind: type, name: pool.split("/")[0] ?? pool };
  }
  if (type === "lvmthin" && vgname !== undefined && thinpool !== undefined) {
    return { kind: type, name: `${vgname}/${thinpool}` };
  }
  return type === "lvm" && vgname !== undefined ? { kind: type, name: vgname } : undefined;
}
