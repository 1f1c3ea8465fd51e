import { type MountedVolume, mountedVolumes } from "../facts/volume_sizes.ts";

/** What a guest takes of a storage, bytes. */
export interface GivenAway {
  /** As if all of it were full. */
  readonly volumes: number;
  /** As if all of it were full. */
  readonly snapshots: number;
  /** What of it is in use at least. */
  readonly used: number;
}

/** What is known of how full a guest's volumes are. */
export interface Fill {
  /** Bytes that the root file system has in use; null when that is not known. */
  readonly root: number | null;
  /** What a volume is taken for of which nobody knows: full, or empty. */
  readonly others: "full" | "empty";
}

/**
 * What a guest takes of each storage: its volumes as configured, and each snapshot as large as the
 * volumes are now. A volume that shows no size (`unused0` never does) is left out: what it takes is
 * part of what the storage shows as used. Pure.
 *
 * @param snapshots how many the guest has
 */
export function givenAway(
  config: Readonly<Record<string, unknown>>,
  snapshots: number,
  fill: Fill,
): ReadonlyMap<string, GivenAway> {
  const sums = new Map<string, GivenAway>();
  for (const volume of mountedVolumes(config)) {
    const { storage, size } = volume;
    if (storage === null || size === null) continue;
    const before = sums.get(storage) ?? { volumes: 0, used: 0 };
    const volumes = before.volumes + size;
    const used = before.used + Math.min(size, usedOf(volume, size, fill));
    sums.set(storage, { volumes, used, snapshots: volumes * snapshots });
  }
  return sums;
}

function usedOf({ key }: MountedVolume, size: number, { root, others }: Fill): number {
  if (key === "rootfs" && root !== null) return root;
  return others === "full" ? size : 0;
}
