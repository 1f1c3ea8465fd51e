import { failure, PveError } from "../pve_error.ts";
import { withOptions, withValues } from "./config_change.ts";
import type { ConfigFile, Section } from "./config_file.ts";
import { withUnused } from "./config_apply.ts";
import { snapshotSection } from "./config_view.ts";
import { durations } from "./durations.ts";
import type { Guest } from "./guest.ts";
import { guestDigest } from "./guest.ts";
import { checkVolumes, startGuest } from "./guest_start.ts";
import { MOUNT_KEY, parseMountPoint } from "./mount_point.ts";
import { halt } from "./power.ts";
import { notNewest } from "./storage_type.ts";
import { readDescription } from "./text_forms.ts";
import { storageOf, type Volume } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

interface SnapshotRequest {
  readonly vmid: number;
  /** Full id of the caller. */
  readonly user: string;
  readonly snapname: string;
}

/** `GET snapshot`: every snapshot, and the pseudo row `current` (FACTS §3.7). */
export function snapshotRows(guest: Guest): Record<string, unknown>[] {
  const { config } = guest;
  const rows = [...config.snapshots].map(([name, section]) => {
    const row: Record<string, unknown> = {
      name,
      description: readDescription(section.get("description") ?? ""),
      snaptime: Number(section.get("snaptime") ?? 0),
    };
    for (const key of ["parent", "snapstate"]) {
      if (section.has(key)) row[key] = section.get(key);
    }
    return row;
  });
  const current: Record<string, unknown> = {
    name: "current",
    description: "You are here!",
    digest: guestDigest(config),
    running: guest.running === undefined ? 0 : 1,
  };
  const parent = config.options.get("parent");
  return [...rows, parent === undefined ? current : { ...current, parent }];
}

/**
 * Takes a snapshot. Everything but reserved names is found out inside the task (OBSERVED 16, 30).
 *
 * @throws {PveError} `unable to use snapshot name 'vzdump' (reserved name)`
 */
export function createSnapshot(
  world: World,
  request: SnapshotRequest & { readonly description: string },
): string {
  const { vmid, user, snapname, description } = request;
  if (snapname === "current" || snapname === "vzdump") {
    throw failure(`unable to use snapshot name '${snapname}' (reserved name)`);
  }
  return world.tasks.fork({ type: "vzsnapshot", id: String(vmid), user }, async (worker) => {
    await worker.withConfigLock(vmid, () => prepareSnapshot(world, request));
    try {
      checkVolumesForSnapshot(world, world.guest(vmid), snapname);
      await worker.work(durations.snapshot);
      for (const volume of disksOf(world, world.guest(vmid).config.options)) {
        volume.snapshots.push({ name: snapname, data: volume.data });
      }
    } catch (error) {
      worker.print("snapshot create failed: starting cleanup");
      dropSnapshot(world, vmid, snapname);
      throw error;
    }
    commitSnapshot(world, vmid, { snapname, description });
  });
}

/** Writes the entry as `prepare` and takes the lock. */
function prepareSnapshot(
  world: World,
  { vmid, snapname, description }: SnapshotRequest & { readonly description: string },
): void {
  const guest = world.guest(vmid);
  world.checkLock(guest);
  const { config } = guest;
  if (config.options.get("template") === "1") {
    throw failure("you can't take a snapshot if it's a template");
  }
  if (config.snapshots.has(snapname)) throw failure(`snapshot name '${snapname}' already used`);
  if (!canSnapshot(world, config)) throw failure("snapshot feature is not available");
  const section = withValues(snapshotOf(config), {
    description: description === "" ? undefined : description,
    snaptime: String(world.epoch),
    snapstate: "prepare",
  });
  guest.config = {
    ...withOptions(config, { lock: "snapshot" }),
    snapshots: new Map([...config.snapshots, [snapname, section]]),
  };
}

function commitSnapshot(
  world: World,
  vmid: number,
  { snapname, description }: { readonly snapname: string; readonly description: string },
): void {
  const guest = world.guest(vmid);
  const section = withValues(snapshotSection(guest.config, snapname), {
    snapstate: undefined,
    description: description === "" ? undefined : description,
  });
  guest.config = {
    ...withOptions(guest.config, { lock: undefined, parent: snapname }),
    snapshots: new Map([...guest.config.snapshots, [snapname, section]]),
  };
}

/** What of a configuration a snapshot keeps: no lock, no unused volumes, nothing pending. */
function snapshotOf(config: ConfigFile): Section {
  return new Map(
    [...config.options].filter(([key]) =>
      key !== "lock" && key !== "description" && key !== "digest" && !/^unused\d+$/.test(key)
    ),
  );
}

/** Whether every volume lies where snapshots can be taken; a bind mount does not (FACTS §3.7). */
export function canSnapshot(
  world: World,
  config: ConfigFile,
  options: { readonly backupOnly?: boolean } = {},
): boolean {
  for (const [key, text] of config.options) {
    if (!MOUNT_KEY.test(key)) continue;
    const mount = parseMountPoint(key, text);
    if (options.backupOnly === true && !mount.backup) continue;
    if (mount.type !== "volume") return false;
    if (!world.storage(storageOf(mount.volume)).type.snapshots) return false;
  }
  return true;
}

/** @throws {PveError} in the storage's own words when a volume is out of reach */
function checkVolumesForSnapshot(world: World, guest: Guest, name: string): void {
  try {
    checkVolumes(world, guest);
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    const gone = disksOf(world, guest.config.options).find((volume) => volume.missing);
    if (gone === undefined) throw failure(`${error.message}\n`);
    const storage = world.storage(storageOf(gone.volid));
    const path = storage.pathOf(gone.volid).replace(/\/disk\.raw$/, "");
    throw failure(
      `command 'btrfs subvolume snapshot -r -- ${path} ${path}@${name}' failed: ERROR: Could not statfs: No such file or directory\n`,
    );
  }
}

/** Deletes a snapshot; with `force` its entry goes even when the storage fails (FACTS §3.7). */
export function deleteSnapshot(
  world: World,
  { vmid, user, snapname, force }: SnapshotRequest & { readonly force: boolean },
): string {
  return world.tasks.fork({ type: "vzdelsnapshot", id: String(vmid), user }, async (worker) => {
    await worker.withConfigLock(vmid, () => {
      const guest = world.guest(vmid);
      world.checkLock(guest, force ? ["snapshot-delete"] : []);
      snapshotSection(guest.config, snapname);
      markDeleting(guest, snapname);
    });
    await worker.work(durations.deleteSnapshot);
    try {
      checkVolumes(world, world.guest(vmid));
    } catch (error) {
      if (!force) throw error;
      worker.print(error instanceof PveError ? error.message : String(error));
    }
    await worker.withConfigLock(vmid, () => dropSnapshot(world, vmid, snapname));
  });
}

function markDeleting(guest: Guest, snapname: string): void {
  const section = withValues(snapshotSection(guest.config, snapname), { snapstate: "delete" });
  guest.config = {
    ...withOptions(guest.config, { lock: "snapshot-delete" }),
    snapshots: new Map([...guest.config.snapshots, [snapname, section]]),
  };
}

/** Takes a snapshot out of the file and off the volumes; children get its parent. */
function dropSnapshot(world: World, vmid: number, snapname: string): void {
  const guest = world.guests.get(vmid);
  if (guest === undefined) return;
  const gone = guest.config.snapshots.get(snapname);
  const parent = gone?.get("parent");
  const reparent = (section: Section) =>
    section.get("parent") === snapname ? withValues(section, { parent }) : section;
  const rest = [...guest.config.snapshots].filter(([name]) => name !== snapname)
    .map(([name, section]) => [name, reparent(section)] as const);
  guest.config = {
    ...guest.config,
    options: withValues(reparent(guest.config.options), { lock: undefined }),
    snapshots: new Map(rest),
  };
  for (const volume of disksOf(world, gone ?? new Map())) {
    const at = volume.snapshots.findIndex((snapshot) => snapshot.name === snapname);
    if (at >= 0) volume.snapshots.splice(at, 1);
  }
}

/**
 * Rolls back: hard-stops a running guest and does not start it again, but for `start`, which forks
 * a task of its own; the whole configuration of that time comes back, but for description and
 * unused volumes. **A failure on the way leaves lock=rollback** (FACTS §3.7, OBSERVED 29).
 */
export function rollback(
  world: World,
  { vmid, user, snapname, start }: SnapshotRequest & { readonly start: boolean },
): string {
  return world.tasks.fork({ type: "vzrollback", id: String(vmid), user }, async (worker) => {
    await worker.withConfigLock(vmid, () => prepareRollback(world, vmid, snapname));
    if (world.isRunning(vmid)) {
      await worker.work(durations.stop);
      halt(world, vmid);
    }
    await worker.work(durations.rollback);
    await worker.withConfigLock(vmid, () => applyRollback(world, vmid, snapname));
    if (start) forkStart(world, { vmid, user });
  });
}

function prepareRollback(world: World, vmid: number, snapname: string): void {
  const guest = world.guest(vmid);
  world.checkLock(guest);
  const section = snapshotSection(guest.config, snapname);
  const state = section.get("snapstate");
  if (state !== undefined) {
    throw failure(`unable to rollback to incomplete snapshot (snapstate = ${state})`);
  }
  for (const volume of disksOf(world, section)) {
    const { type } = world.storage(storageOf(volume.volid));
    if (type.rollbackNewestOnly && volume.snapshots.at(-1)?.name !== snapname) {
      throw notNewest(snapname, volume.volid);
    }
  }
  checkVolumes(world, guest);
  guest.config = withOptions(guest.config, { lock: "rollback" });
}

function applyRollback(world: World, vmid: number, snapname: string): void {
  const guest = world.guest(vmid);
  const { config } = guest;
  const section = snapshotSection(config, snapname);
  for (const volume of disksOf(world, section)) {
    const kept = volume.snapshots.find((snapshot) => snapshot.name === snapname);
    if (kept !== undefined) volume.data = kept.data;
  }
  const options = new Map(
    [...section].filter(([key]) => !["description", "snaptime", "snapstate"].includes(key)),
  );
  options.set("parent", snapname);
  for (const [key, value] of config.options) {
    if (key === "description" || /^unused\d+$/.test(key)) options.set(key, value);
  }
  let file: ConfigFile = { ...config, options, pending: new Map() };
  const kept = new Set(disksOf(world, options).map((volume) => volume.volid));
  for (const volume of disksOf(world, config.options)) {
    if (!kept.has(volume.volid)) file = withUnused(file, volume.volid);
  }
  guest.config = file;
}

function forkStart(world: World, { vmid, user }: { vmid: number; user: string }): void {
  world.tasks.fork(
    { type: "vzstart", id: String(vmid), user },
    (worker: Worker) => worker.withConfigLock(vmid, () => startGuest(world, vmid, worker)),
  );
}

/** The disks that a section's mount points name. */
export function disksOf(world: World, section: Section): Volume[] {
  const volumes: Volume[] = [];
  for (const [key, text] of section) {
    if (!MOUNT_KEY.test(key)) continue;
    const volume = world.volume(parseMountPoint(key, text).volume);
    if (volume !== undefined) volumes.push(volume);
  }
  return volumes;
}

/** `PUT snapshot/{name}/config`: changes the description, at once. */
export function describeSnapshot(
  world: World,
  { vmid, snapname, description }: {
    readonly vmid: number;
    readonly snapname: string;
    readonly description: string | undefined;
  },
): Promise<void> {
  return world.withConfigLock(vmid, () => {
    const guest = world.guest(vmid);
    world.checkLock(guest);
    const section = snapshotSection(guest.config, snapname);
    if (description === undefined) return;
    const snapshots = new Map(guest.config.snapshots);
    snapshots.set(snapname, withValues(section, { description }));
    guest.config = { ...guest.config, snapshots };
  });
}
