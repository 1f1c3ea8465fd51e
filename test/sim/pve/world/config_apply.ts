import { failure, PveError } from "../pve_error.ts";
import { pendingDeletes, withPending, withValues } from "./config_change.ts";
import type { ConfigFile } from "./config_file.ts";
import { isLiveChange, isLiveRemoval } from "./config_stage.ts";
import type { Guest } from "./guest.ts";
import { MOUNT_KEY, parseMountPoint, parseNewVolume, withProperties } from "./mount_point.ts";
import { bridgeOf } from "./net_config.ts";
import { parseProperties } from "./property_string.ts";
import { formatSize } from "./size.ts";
import { storageOf } from "./volume.ts";
import type { World } from "./world.ts";

/** What became of the pending part of a file. */
export interface Applied {
  readonly file: ConfigFile;
  /** By option; when there is any, the file is not to be written (OBSERVED 22). */
  readonly errors: Readonly<Record<string, string>>;
}

/**
 * Applies what is pending: all of it to a stopped guest, what can be had live to a running one
 * (FACTS §3.5). New volumes are made, detached ones become `unusedN`, deleted `unusedN` are freed.
 */
export function applyPending(
  world: World,
  guest: Guest,
  staged: ConfigFile,
  options: { readonly running: boolean },
): Applied {
  const { running } = options;
  let file = staged;
  const errors: Record<string, string> = {};
  const verb = running ? "hotplug" : "apply pending change";
  function attempt(name: string, change: () => ConfigFile): void {
    try {
      file = change();
    } catch (error) {
      if (!(error instanceof PveError)) throw error;
      errors[name] = `unable to ${verb} ${name}: ${error.message}\n`;
    }
  }
  for (const name of pendingDeletes(staged)) {
    if (running && !isLiveRemoval(name)) continue;
    attempt(name, () => settle(removeOption(world, file, name), name));
  }
  for (const [name, value] of staged.pending) {
    if (name === "delete" || (running && !isLiveChange(staged, name))) continue;
    attempt(name, () => settle(setOption(world, { guest, file, running }, name, value), name));
  }
  return { file, errors };
}

/** The file without that option in its pending part. */
function settle(file: ConfigFile, name: string): ConfigFile {
  const values = new Map(file.pending);
  values.delete(name);
  const deletes = new Set(pendingDeletes(file));
  deletes.delete(name);
  return withPending(file, values, deletes);
}

function removeOption(world: World, file: ConfigFile, name: string): ConfigFile {
  const value = file.options.get(name);
  const without = { ...file, options: withValues(file.options, { [name]: undefined }) };
  if (value === undefined) return without;
  if (/^unused\d+$/.test(name)) {
    if (!isReferenced(without, value)) freeVolume(world, value);
    return without;
  }
  return MOUNT_KEY.test(name) ? withUnused(without, parseMountPoint(name, value).volume) : without;
}

function setOption(
  world: World,
  context: { readonly guest: Guest; readonly file: ConfigFile; readonly running: boolean },
  name: string,
  value: string,
): ConfigFile {
  const { guest, file, running } = context;
  if (/^net\d+$/.test(name) && running) checkHotplugNet(world, guest, value);
  if (!MOUNT_KEY.test(name)) {
    return { ...file, options: withValues(file.options, { [name]: value }) };
  }
  if (running && world.quirks.hotplugMount !== undefined) throw failure(world.quirks.hotplugMount);
  const attached = attachVolume(world, guest.vmid, name, value);
  const changed = { ...file, options: withValues(file.options, { [name]: attached }) };
  const before = file.options.get(name);
  if (before === undefined) return changed;
  const old = parseMountPoint(name, before).volume;
  return old === parseMountPoint(name, attached).volume ? changed : withUnused(changed, old);
}

function checkHotplugNet(world: World, guest: Guest, value: string): void {
  const missing = missingBridge(world, value);
  if (missing !== undefined) throw failure(`bridge '${missing}' does not exist`);
  const rate = parseProperties(value).get("rate");
  const quirk = world.quirks.hotplugRate;
  if (rate !== undefined && quirk !== undefined) throw failure(quirk(guest.vmid, rate));
}

/**
 * The mount point with its volume made where a new one was asked for, and with the volume's size
 * where none was given. A given size is taken as it is, false or not (OBSERVED 25).
 */
function attachVolume(world: World, vmid: number, name: string, value: string): string {
  const mount = parseMountPoint(name, value);
  if (mount.type !== "volume") return value;
  const wanted = parseNewVolume(mount.volume);
  if (wanted !== undefined) {
    const storage = world.storage(wanted.storage);
    storage.activate();
    const volume = storage.allocate(vmid, { bytes: wanted.bytes, ctime: world.epoch });
    return withProperties(mount, { volume: volume.volid, size: formatSize(volume.size) });
  }
  world.storage(storageOf(mount.volume)).activate();
  const volume = world.volume(mount.volume);
  if (volume === undefined) throw failure(`volume '${mount.volume}' does not exist`);
  if (mount.size !== undefined) return withProperties(mount, {});
  return withProperties(mount, { size: formatSize(volume.size) });
}

/** The file with the volume under the lowest free `unusedN`. */
export function withUnused(file: ConfigFile, volid: string): ConfigFile {
  if (volid.startsWith("/")) return file;
  for (let index = 0; index < 256; index++) {
    const name = `unused${index}`;
    const held = file.options.get(name);
    if (held === volid) return file;
    if (held === undefined) {
      return { ...file, options: withValues(file.options, { [name]: volid }) };
    }
  }
  throw failure("too many unused volumes");
}

function isReferenced(file: ConfigFile, volid: string): boolean {
  for (const section of [file.options, file.pending, ...file.snapshots.values()]) {
    for (const [key, value] of section) {
      if (MOUNT_KEY.test(key) && parseMountPoint(key, value).volume === volid) return true;
      if (key.startsWith("unused") && value === volid) return true;
    }
  }
  return false;
}

/** Frees a disk with its snapshots; one that is gone already is no error on a file storage. */
export function freeVolume(world: World, volid: string): void {
  const storage = world.storage(storageOf(volid));
  storage.activate();
  storage.files.delete(volid);
}

/** The first bridge of a file that the node does not have. */
export function firstMissingBridge(world: World, file: ConfigFile): string | undefined {
  for (const [key, value] of file.options) {
    if (!/^net\d+$/.test(key)) continue;
    const missing = missingBridge(world, value);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function missingBridge(world: World, net: string): string | undefined {
  const bridge = bridgeOf(net);
  return bridge === undefined || world.bridges.has(bridge) ? undefined : bridge;
}
