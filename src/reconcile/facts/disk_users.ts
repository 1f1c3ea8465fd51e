import type { Reads } from "../../proxmox/mod.ts";
import { readProperties } from "../executors/property_string.ts";
import { attempt } from "./attempt.ts";

/** Where enrolled disks are mounted; the action names a disk by its UUID and not by its folder. */
const MOUNT_ROOT = "/mnt/felhom";
const MOUNT_KEY = /^(?:rootfs|mp\d+)$/;

/**
 * Storages and guests that use an enrolled disk, whichever it is: by a folder on it, or by one that it
 * hangs in. Null when not all of them can be read. Storages need Datastore.Audit to be seen: one that
 * the configuration names and that is not seen makes all of it unknown. Guests need VM.Audit.
 *
 * @param expected storages that have to be seen
 */
export async function readDiskUsers(
  { reads, signal, expected }: {
    readonly reads: Reads;
    readonly signal: AbortSignal;
    readonly expected: readonly string[];
  },
): Promise<readonly string[] | null> {
  const [storages, guests] = await Promise.all([
    attempt(reads.storageConfigs({ signal }), { signal }),
    attempt(reads.guests({ signal }), { signal }),
  ]);
  if (!storages.ok || !guests.ok) return null;
  const seen = storages.value.map(({ storage }) => storage);
  if (!expected.every((storage) => seen.includes(storage))) return null;
  const users = storages.value.filter(({ path }) => path !== undefined && meetsDisks(path))
    .map(({ storage }) => `storage ${storage}`);
  for (const { vmid } of guests.value) {
    for (const live of [true, false]) {
      const config = await attempt(reads.guestConfig(vmid, { live, signal }), { signal });
      if (!config.ok) return null;
      if (foldersOf(config.value).some(meetsDisks)) users.push(`guest ${vmid}`);
    }
  }
  return [...new Set(users)];
}

/**
 * Folders of the host that a container's configuration mounts, raw lines included (FACTS §3.1). A raw
 * line that has more mounted than it says itself counts as a mount of everything.
 */
function foldersOf(config: Readonly<Record<string, unknown>>): readonly string[] {
  const folders: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (MOUNT_KEY.test(key) && typeof value === "string") {
      const properties = readProperties(value);
      folders.push(properties.get("volume") ?? properties.get("") ?? "");
    }
    if (key === "lxc" && Array.isArray(value)) {
      for (const [name, text] of value) {
        if (name === "lxc.mount.entry") folders.push(String(text).trim().split(/\s+/)[0] ?? "");
        else if (MOUNTS_UNSEEN.test(String(name))) folders.push("/");
      }
    }
  }
  return folders.filter((folder) => /^\/|\.\.|\\/.test(folder));
}

/** Files that are read beside, programs that are run, and another root: `lxc.container.conf(5)`. */
const MOUNTS_UNSEEN = /^lxc\.(?:include|mount|mount\.fstab|rootfs|rootfs\..+|hook\..+)$/;

/**
 * Whether a path leads to the enrolled disks or hangs above them. A step up or an escape counts: by a
 * link on its way, a step up leads elsewhere than it reads.
 */
function meetsDisks(path: string): boolean {
  const steps = path.split("/").filter((step) => step !== "" && step !== ".");
  if (path.includes("\\") || steps.includes("..")) return true;
  const folder = steps.length === 0 ? "/" : `/${steps.join("/")}/`;
  return folder.startsWith(`${MOUNT_ROOT}/`) || `${MOUNT_ROOT}/`.startsWith(folder);
}
