/** Where a container's configuration names the volumes that it mounts (FACTS §3.1). */
const MOUNT_KEY = /^(?:rootfs|mp\d+)$/;
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/** A volume that a guest mounts. */
export interface MountedVolume {
  /** `rootfs` or `mp0`. */
  readonly key: string;
  /** The storage it lies on; null when the value names none. */
  readonly storage: string | null;
  /** Bytes, as configured; null when the configuration does not say. */
  readonly size: number | null;
  /** Whether a backup holds it: the root always does, others when it is said (FACTS §3.1). */
  readonly backedUp: boolean;
}

/** The volumes that a configuration mounts; folders and devices of the host are none. */
export function mountedVolumes(config: Readonly<Record<string, unknown>>): MountedVolume[] {
  return Object.entries(config).flatMap(([key, value]) => {
    if (!MOUNT_KEY.test(key) || typeof value !== "string") return [];
    const parts = value.split(",");
    const volume = propertyOf(parts, "volume") ?? parts[0] ?? "";
    if (volume.startsWith("/")) return [];
    const backedUp = key === "rootfs" || isOn(propertyOf(parts, "backup"));
    const colon = volume.indexOf(":");
    const storage = colon < 1 ? null : volume.slice(0, colon);
    return [{ key, storage, size: bytesOf(propertyOf(parts, "size")), backedUp }];
  });
}

/** The volumes that the configuration inside a backup mounts, all of which a restore makes. */
export function volumesInBackup(text: string): MountedVolume[] {
  // What follows a heading is a snapshot's or what is pending.
  const [live = ""] = text.split(/^\[/m, 1);
  const rows = live.split("\n").flatMap((line) => {
    const [, key, value] = /^([a-z]+\d*):\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value] as const];
  });
  return mountedVolumes(Object.fromEntries(rows));
}

/** Bytes of all of them together; null when one does not say, or when there is none. */
export function sumOfSizes(volumes: readonly MountedVolume[]): number | null {
  if (volumes.length === 0) return null;
  let sum = 0;
  for (const { size } of volumes) {
    if (size === null) return null;
    sum += size;
  }
  return sum;
}

/** `20G`, `512M`, `8589934592`. */
function bytesOf(size: string | undefined): number | null {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(size ?? "") ?? [];
  const factor = UNITS[unit];
  return number === undefined || factor === undefined ? null : Math.ceil(Number(number) * factor);
}

function propertyOf(parts: readonly string[], name: string): string | undefined {
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}

function isOn(flag: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(flag ?? "");
}
