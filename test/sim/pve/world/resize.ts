import { failure } from "../pve_error.ts";
import { withOptions } from "./config_change.ts";
import { durations } from "./durations.ts";
import { guestDigest } from "./guest.ts";
import { parseMountPoint, withProperties } from "./mount_point.ts";
import { formatSize, parseSize } from "./size.ts";
import { storageOf } from "./volume.ts";
import type { World } from "./world.ts";

/**
 * Makes a disk larger; the size is absolute, or what is to be added (FACTS §3.5).
 *
 * @throws {PveError} `unable to shrink disk size`, at once
 */
export async function resizeDisk(
  world: World,
  request: {
    readonly vmid: number;
    readonly user: string;
    readonly disk: string;
    readonly size: string;
    readonly digest: string | undefined;
  },
): Promise<string> {
  const { vmid, user, disk, size, digest } = request;
  const planned = await world.withConfigLock(vmid, () => {
    const guest = world.guest(vmid);
    world.checkLock(guest);
    if (digest !== undefined && digest !== "" && digest !== guestDigest(guest.config)) {
      throw failure("detected modified configuration - file changed by other user? Try again.");
    }
    const text = guest.config.options.get(disk);
    if (text === undefined) throw failure(`disk '${disk}' does not exist`);
    const { volume: volid } = parseMountPoint(disk, text);
    const volume = world.volume(volid);
    if (volume === undefined || volume.missing) throw failure(`volume '${volid}' does not exist`);
    world.storage(storageOf(volid)).activate();
    const asked = parseSize(size.replace(/^\+/, "")) ?? 0;
    const bytes = size.startsWith("+") ? volume.size + asked : asked;
    if (bytes < volume.size) throw failure("unable to shrink disk size");
    if (bytes === volume.size) throw failure("disk is already at specified size");
    return { volume, bytes };
  });
  return world.tasks.fork({ type: "resize", id: String(vmid), user }, (worker) => {
    return worker.withConfigLock(vmid, async () => {
      const { volume, bytes } = planned;
      const storage = world.storage(storageOf(volume.volid));
      await worker.work(durations.resize);
      volume.size = bytes;
      const guest = world.guest(vmid);
      const mount = parseMountPoint(disk, guest.config.options.get(disk) ?? "");
      guest.config = withOptions(guest.config, {
        [disk]: withProperties(mount, { size: formatSize(bytes) }),
      });
      if (storage.type.format !== "raw") return;
      const path = storage.pathOf(volume.volid);
      const blocks = Math.floor(bytes / 4096);
      worker.print(
        "Image resized.",
        "e2fsck 1.47.0 (5-Feb-2023)",
        "Pass 1: Checking inodes, blocks, and sizes",
        "Pass 2: Checking directory structure",
        "Pass 3: Checking directory connectivity",
        "Pass 4: Checking reference counts",
        "Pass 5: Checking group summary information",
        `${path}: 4494/131072 files (0.0% non-contiguous), 50014/524288 blocks`,
        "resize2fs 1.47.0 (5-Feb-2023)",
        `Resizing the filesystem on ${path} to ${blocks} (4k) blocks.`,
        `The filesystem on ${path} is now ${blocks} (4k) blocks long.`,
        "",
      );
    });
  });
}
