import { isTrue, parseProperties, printProperties, type Properties } from "./property_string.ts";
import { parseSize } from "./size.ts";

/** A `rootfs` or `mpN` taken apart. */
export interface MountPoint {
  /** Volume id, path of a bind mount, or device. */
  readonly volume: string;
  readonly type: "volume" | "bind" | "device";
  /** Where it is mounted in the guest; `/` for the root file system. */
  readonly path: string;
  /** Bytes, from `size=`. */
  readonly size: number | undefined;
  /** Whether a backup holds its content: rootfs always, volumes with `backup=1` (FACTS §3.1). */
  readonly backup: boolean;
  readonly properties: Properties;
}

export const MOUNT_KEY = /^(rootfs|mp\d+)$/;

/** Sorts mount point keys as Proxmox goes over them: the root first, then by number. */
export function byMountOrder([a]: readonly [string, unknown], [b]: readonly [string, unknown]) {
  const rank = (key: string) => key === "rootfs" ? -1 : Number(key.slice(2));
  return rank(a) - rank(b);
}

export function parseMountPoint(key: string, text: string): MountPoint {
  const properties = parseProperties(text, "volume");
  const volume = properties.get("volume") ?? "";
  const type = volume.startsWith("/dev/") ? "device" : volume.startsWith("/") ? "bind" : "volume";
  const size = properties.get("size");
  return {
    volume,
    type,
    path: key === "rootfs" ? "/" : properties.get("mp") ?? "",
    size: size === undefined ? undefined : parseSize(size),
    backup: type === "volume" && (key === "rootfs" || isTrue(properties.get("backup"))),
    properties,
  };
}

/** The mount point with some of its properties replaced, in normal form. */
export function withProperties(
  mount: MountPoint,
  changes: Readonly<Record<string, string>>,
): string {
  const properties = new Map([...mount.properties, ...Object.entries(changes)]);
  return printProperties(properties, { defaultKey: "volume", first: ["mp"] });
}

/** `STORAGE:SIZE_GiB`, which asks for a new volume (FACTS §3.1), taken apart. */
export function parseNewVolume(volume: string): { storage: string; bytes: number } | undefined {
  const match = /^([^:\s]+):(\d+(?:\.\d+)?)$/.exec(volume);
  if (match === null) return undefined;
  const mebibytes = Math.floor(Number(match[2]) * 1024);
  return { storage: match[1] ?? "", bytes: mebibytes * 1024 * 1024 };
}
