import { failure } from "../pve_error.ts";
import { durations } from "./durations.ts";
import { byMountOrder, parseMountPoint, parseNewVolume, withProperties } from "./mount_point.ts";
import { randomUuid } from "./random.ts";
import { formatSize } from "./size.ts";
import { allocationLog } from "./storage_type.ts";
import { nameOf, storageOf, type Volume } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** A guest's disks as they were made: options for its file, and the volumes by mount point. */
export interface MadeDisks {
  readonly options: ReadonlyMap<string, string>;
  readonly volumes: ReadonlyMap<string, Volume>;
}

/**
 * Makes the volumes that the mount points ask for, with what `mkfs` says of each. What was made
 * before a failure is freed again.
 *
 * @throws {PveError} when a storage is out of reach or full
 */
export async function createDisks(
  world: World,
  worker: Worker,
  options: { readonly vmid: number; readonly mounts: ReadonlyMap<string, string> },
): Promise<MadeDisks> {
  const { vmid, mounts } = options;
  const made = new Map<string, Volume>();
  const texts = new Map<string, string>();
  try {
    for (const [key, text] of [...mounts].toSorted(byMountOrder)) {
      const mount = parseMountPoint(key, text);
      const wanted = parseNewVolume(mount.volume);
      if (wanted === undefined) {
        texts.set(key, text);
        const existing = world.volume(mount.volume);
        if (existing !== undefined) made.set(key, existing);
        continue;
      }
      const storage = world.storage(wanted.storage);
      storage.activate();
      await worker.work(durations.allocate);
      const volume = storage.allocate(vmid, { bytes: wanted.bytes, ctime: world.epoch });
      made.set(key, volume);
      worker.print(...allocationLog(storage.type, {
        path: storage.pathOf(volume.volid),
        bytes: volume.size,
        uuid: randomUuid(world.random),
      }));
      const properties = { volume: volume.volid, size: formatSize(volume.size) };
      texts.set(key, withProperties(mount, properties));
    }
  } catch (error) {
    destroyDisks(world, made.values());
    throw error;
  }
  return { options: texts, volumes: made };
}

/** Frees volumes; what cannot be reached stays. */
export function destroyDisks(world: World, volumes: Iterable<Volume>): void {
  for (const volume of volumes) {
    const storage = world.storages.get(storageOf(volume.volid));
    if (storage?.active === true) storage.files.delete(volume.volid);
  }
}

/**
 * Frees a volume as `vdisk_free` does, which fails where there is nothing to free.
 *
 * @throws {PveError} in the storage's own words
 */
export function freeDisk(world: World, volid: string): void {
  const storage = world.storage(storageOf(volid));
  storage.activate();
  const volume = storage.volume(volid);
  if (volume === undefined || volume.missing) {
    const path = storage.pathOf(volid).replace(/\/disk\.raw$/, "");
    if (storage.type.name === "btrfs") {
      throw failure(
        `command 'btrfs subvolume delete -- ${path}' failed: ERROR: Could not statfs: No such file or directory`,
      );
    }
    if (storage.type.name === "zfspool") {
      throw failure(
        `zfs error: cannot open '${storage.options.path}/${nameOf(volid)}': dataset does not exist`,
      );
    }
  }
  storage.files.delete(volid);
}
