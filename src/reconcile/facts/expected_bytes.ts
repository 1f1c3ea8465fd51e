import type { Action } from "../../action/mod.ts";
import type { Guest, GuestConfig } from "../../proxmox/mod.ts";
import { mountedVolumes, sumOfSizes, volumesInBackup } from "./volume_sizes.ts";

const GIB = 1024 ** 3;

/** What an upper bound is found from; null where it could not be read. */
export interface SizeSources {
  readonly config: GuestConfig | null;
  readonly status: Pick<Guest, "status" | "disk"> | null;
  /** The configuration inside the backup that would be restored. */
  readonly backupConfig: string | null;
}

/**
 * What an action will write at most, bytes; null when nobody can tell.
 *
 * - A new guest: the sizes of all volumes it will have, as if they were full.
 * - A snapshot: the sizes of the guest's volumes. Taking it writes next to nothing; it grows while
 *   the guest writes, and at most to that.
 * - A backup: what the root file system of a running guest holds now, as the status says, when it is
 *   compressed; else, and for every other volume that is backed up, the volume's size.
 */
export function expectedBytes(
  action: Action,
  { config, status, backupConfig }: SizeSources,
): number | null {
  switch (action.kind) {
    case "guest.create":
    case "guest.restore_over":
      return backupConfig === null ? null : sumOfSizes(volumesInBackup(backupConfig));
    case "golden.create":
      return action.params.rootfs.gib * GIB;
    case "guest.snapshot":
      return config === null ? null : sumOfSizes(mountedVolumes(config));
    case "guest.backup": {
      if (config === null) return null;
      const compressed = action.params.compress !== "0";
      const used = compressed && status?.status === "running" ? status.disk ?? 0 : 0;
      return sumOfSizes(
        mountedVolumes(config).filter(({ backedUp }) => backedUp).map((volume) =>
          volume.key === "rootfs" && used > 0 ? { ...volume, size: used } : volume
        ),
      );
    }
    case "guest.start":
    case "guest.shutdown":
    case "guest.stop":
    case "guest.restart":
    case "guest.settings":
    case "guest.delete_snapshot":
    case "guest.rollback":
    case "guest.prune":
    case "guest.destroy":
    case "disk.mount":
    case "disk.unmount":
    case "signers.rotate":
      return 0;
    default:
      return action satisfies never;
  }
}
