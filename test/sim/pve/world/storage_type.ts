import { failure, type PveError } from "../pve_error.ts";

/** What the kinds of storage do differently. */
export interface StorageType {
  readonly name: "dir" | "btrfs" | "zfspool" | "nfs";
  /** Whether a running guest's volume can be snapshotted (FACTS §3.7). */
  readonly snapshots: boolean;
  /** Whether only the newest snapshot can be rolled back to (FACTS §3.7). */
  readonly rollbackNewestOnly: boolean;
  readonly format: "raw" | "subvol";
  /** Whether its status carries a path and its volumes are files. */
  readonly files: boolean;
  /** Volume name behind `STORAGE:`, for the N-th disk of a guest. */
  volumeName(vmid: number, disk: number): string;
  /** Where the volume lies. */
  volumePath(base: string, name: string): string;
}

const FILES = {
  files: true,
  format: "raw",
  volumeName: (vmid: number, disk: number) => `${vmid}/vm-${vmid}-disk-${disk}.raw`,
  volumePath: (base: string, name: string) => `${base}/images/${name}`,
} as const;

export const STORAGE_TYPES = {
  dir: { ...FILES, name: "dir", snapshots: false, rollbackNewestOnly: false },
  nfs: { ...FILES, name: "nfs", snapshots: false, rollbackNewestOnly: false },
  btrfs: {
    ...FILES,
    name: "btrfs",
    snapshots: true,
    rollbackNewestOnly: false,
    volumePath: (base, name) => `${base}/images/${name.replace(/\.raw$/, "")}/disk.raw`,
  },
  zfspool: {
    name: "zfspool",
    snapshots: true,
    rollbackNewestOnly: true,
    format: "subvol",
    files: false,
    volumeName: (vmid, disk) => `subvol-${vmid}-disk-${disk}`,
    volumePath: (base, name) => `/${base}/${name}`,
  },
} as const satisfies Record<StorageType["name"], StorageType>;

/** The lines `qemu-img` and `mkfs.ext4` leave in a task's log (captures create-104, restore-*). */
export function allocationLog(
  type: StorageType,
  options: { readonly path: string; readonly bytes: number; readonly uuid: string },
): string[] {
  const { path, bytes, uuid } = options;
  if (type.format === "subvol") return [];
  const lines = type.name === "btrfs"
    ? []
    : [`Formatting '${path}', fmt=raw size=${bytes} preallocation=off`];
  const small = bytes < 512 * 1024 ** 2;
  const blocks = Math.floor(bytes / (small ? 1024 : 4096));
  lines.push(
    `Creating filesystem with ${blocks} ${small ? "1k" : "4k"} blocks and ${
      inodes(blocks, small)
    } inodes`,
    `Filesystem UUID: ${uuid}`,
    "Superblock backups stored on blocks: ",
    ...superblocks(blocks, small),
  );
  return lines;
}

/** One for four blocks, and in each group of blocks a multiple of eight. */
function inodes(blocks: number, small: boolean): number {
  const groups = Math.ceil(blocks / (small ? 8192 : 32768));
  return Math.floor(Math.floor(blocks / 4) / groups / 8) * 8 * groups;
}

/** Backups lie in groups 1 and the powers of 3, 5 and 7; a line is wrapped as `mkfs` does. */
function superblocks(blocks: number, small: boolean): string[] {
  const groups = new Set([1]);
  for (const base of [3, 5, 7]) for (let n = base; n < 1e7; n *= base) groups.add(n);
  const size = small ? 8192 : 32768;
  const places = [...groups].toSorted((a, b) => a - b).map((n) => n * size + (small ? 1 : 0))
    .filter((place) => place < blocks);
  const lines: string[] = [];
  let line = "\t";
  for (const [index, place] of places.entries()) {
    const last = index === places.length - 1;
    if (line.length + `${place}`.length > 71) {
      lines.push(line);
      line = "\t";
    }
    line += last ? `${place}` : `${place}, `;
  }
  if (places.length > 0) lines.push(line);
  return lines;
}

/** What a rollback to anything but the newest snapshot dies of on ZFS (FACTS §3.7). */
export function notNewest(snapshot: string, volid: string): PveError {
  return failure(`can't rollback, '${snapshot}' is not most recent snapshot on '${volid}'`);
}
