/** Where enrolled disks are mounted: `/mnt/felhom/NAME`. */
export const MOUNT_ROOT = "/mnt/felhom";

/**
 * Options that an entry must have. `noauto,nofail`: a missing disk does not keep the host from
 * starting. `nosuid,nodev,noexec`: what is on the disk gives nobody a right. `nosymfollow`: a link
 * on the disk cannot turn root's writes elsewhere.
 */
export const REQUIRED_OPTIONS = [
  "noauto",
  "nofail",
  "nosuid",
  "nodev",
  "noexec",
  "nosymfollow",
] as const;

/** Filesystems whose mounts show the device's own number, so that it can be compared. */
export const ENROLLED_FILESYSTEMS: readonly string[] = ["ext4", "xfs"];
