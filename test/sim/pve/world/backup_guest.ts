import { failure, PveError } from "../pve_error.ts";
import { backupVolid } from "./backup_name.ts";
import { copyTime, durations } from "./durations.ts";
import { archiveSize, writeArchive } from "./write_archive.ts";
import { type Guest, guestName } from "./guest.ts";
import { runGuest, startGuest } from "./guest_start.ts";
import { byMountOrder, MOUNT_KEY, type MountPoint, parseMountPoint } from "./mount_point.ts";
import { halt } from "./power.ts";
import { parseRetention, pruneMarks } from "./prune.ts";
import { canSnapshot } from "./snapshots.ts";
import { addVzdumpSnapshot, removeVzdumpSnapshot } from "./vzdump_snapshot.ts";
import { type BackupJob, stamp } from "./backup_job.ts";
import { storageOf, type VolumeData } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** Protected backups of a guest that one without Datastore.Allocate may have (FACTS §4). */
export const MAX_PROTECTED = 5;

/**
 * Backs up one guest (FACTS §4): lock=backup for the duration, the modes with their fallback, the
 * archive under a `.dat` name until it is whole, notes, protection, pruning.
 *
 * @throws {PveError} what the log will name as the reason
 */
export async function backupGuest(
  world: World,
  job: BackupJob,
  vmid: number,
  worker: Worker,
): Promise<void> {
  if (!world.guests.has(vmid)) throw failure(`unable to find VM '${vmid}'`);
  const begun = world.clock.now();
  worker.print(
    `INFO: Starting Backup of VM ${vmid} (lxc)`,
    `INFO: Backup started at ${stamp(world)}`,
  );
  const wasRunning = world.isRunning(vmid);
  worker.print(`INFO: status = ${wasRunning ? "running" : "stopped"}`);
  await world.withConfigLock(vmid, () => {
    world.checkLock(world.guest(vmid));
    world.setLock(vmid, "backup");
  });
  const cleanup: (() => void)[] = [() => world.setLock(vmid, undefined)];
  try {
    checkProtectedLimit(world, job, vmid);
    await dump(world, job, { vmid, wasRunning, worker, cleanup });
  } finally {
    for (const step of cleanup.toReversed()) step();
  }
  const seconds = Math.floor((world.clock.now() - begun) / 1000);
  worker.print(
    `INFO: Finished Backup of VM ${vmid} (${clockText(seconds)})`,
    `INFO: Backup finished at ${stamp(world)}`,
  );
}

interface Dump {
  readonly vmid: number;
  readonly wasRunning: boolean;
  readonly worker: Worker;
  /** Undone in reverse order, whatever happens; a killed worker undoes nothing. */
  readonly cleanup: (() => void)[];
}

async function dump(world: World, job: BackupJob, run: Dump): Promise<void> {
  const { vmid, worker, cleanup } = run;
  const guest = world.guest(vmid);
  const mode = chooseMode(world, job, run, guest);
  const volid = backupVolid(world, {
    storage: job.storage,
    vmid,
    at: world.clock.now(),
    suffix: job.suffix,
  });
  const storage = world.storage(job.storage);
  const path = storage.pathOf(volid);
  await quiesce(world, job, { ...run, mode, path });
  worker.print(`INFO: creating vzdump archive '${path}'`);
  const content = readContent(world, guest);
  const backup = await writeArchive(world, { storage, volid, guest, content, worker });
  cleanup.push(() => {
    if (backup.writing) storage.files.delete(volid);
  });
  backup.writing = false;
  worker.print(`INFO: archive file size: ${archiveSize(backup.size)}`);
  if (job.notes !== undefined) {
    worker.print("INFO: adding notes to backup");
    backup.notes = job.notes(vmid);
  }
  if (job.protected) {
    worker.print("INFO: marking backup as protected");
    backup.protected = true;
  }
  pruneAfter(world, job, vmid, worker);
  if (mode === "snapshot") {
    worker.print("INFO: cleanup temporary 'vzdump' snapshot");
    removeVzdumpSnapshot(world, vmid);
  }
  if (mode === "stop" && run.wasRunning) {
    worker.print("INFO: restarting vm");
    world.setLock(vmid, undefined);
    await startGuest(world, vmid, worker);
    worker.print("INFO: guest is online again after 1 seconds");
  }
}

/**
 * A stopped guest is always mode `stop`; a volume that cannot be snapshotted makes `snapshot` fall
 * back to `suspend` without a word in the result (FACTS §4, OBSERVED 31).
 */
function chooseMode(
  world: World,
  job: BackupJob,
  { wasRunning, worker }: Dump,
  guest: Guest,
): "snapshot" | "suspend" | "stop" {
  const wanted = wasRunning ? job.mode : "stop";
  const announce = (mode: string) =>
    worker.print(`INFO: backup mode: ${mode}`, "INFO: ionice priority: 7");
  if (wanted !== "snapshot") {
    announce(wanted);
    describeGuest(worker, guest);
    return wanted;
  }
  describeGuest(worker, guest);
  if (canSnapshot(world, guest.config, { backupOnly: true })) {
    announce("snapshot");
    return "snapshot";
  }
  worker.print(
    "INFO: mode failure - some volumes do not support snapshots",
    "INFO: trying 'suspend' mode instead",
  );
  announce("suspend");
  describeGuest(worker, guest);
  return "suspend";
}

function describeGuest(worker: Worker, guest: Guest): void {
  worker.print(`INFO: CT Name: ${guestName(guest)}`);
  for (const [key, mount] of mountsOf(guest)) {
    if (mount.backup) {
      worker.print(`INFO: including mount point ${key} ('${mount.path}') in backup`);
    } else {
      const why = mount.type === "volume" ? "disabled" : "not a volume";
      worker.print(
        `INFO: excluding ${mount.type} mount point ${key} ('${mount.path}') from backup (${why})`,
      );
    }
  }
}

async function quiesce(
  world: World,
  job: BackupJob,
  run: Dump & { readonly mode: "snapshot" | "suspend" | "stop"; readonly path: string },
): Promise<void> {
  const { vmid, worker, mode, cleanup } = run;
  const guest = world.guest(vmid);
  if (mode === "snapshot") {
    worker.print("INFO: create storage snapshot 'vzdump'");
    addVzdumpSnapshot(world, vmid);
    cleanup.push(() => removeVzdumpSnapshot(world, vmid));
    await worker.work(durations.snapshot);
  } else if (mode === "suspend") {
    const folder = run.path.replace(/\.tar(\.\w+)?$/, ".tmp");
    const from = `/proc/${guest.running?.pid ?? 0}/root/`;
    const bytes = [...readContent(world, guest).values()].reduce(
      (sum, each) => sum + each.bytes,
      0,
    );
    worker.print(`INFO: starting first sync ${from} to ${folder}`);
    await worker.work(copyTime(bytes));
    worker.print(
      `INFO: first sync finished - transferred ${(bytes / 1024 ** 2).toFixed(2)}M bytes in ${
        Math.floor(copyTime(bytes) / 1000)
      }s`,
      "INFO: suspending guest",
    );
    guest.paused = true;
    cleanup.push(() => {
      guest.paused = false;
    });
    worker.print(`INFO: starting final sync ${from} to ${folder}`);
    await worker.work(durations.backupOverhead);
    guest.paused = false;
    worker.print(
      "INFO: final sync finished - transferred 0 bytes in 0s",
      "INFO: resuming guest",
      "INFO: guest is online again after <1 seconds",
    );
  } else if (run.wasRunning) {
    worker.print("INFO: stopping virtual guest");
    await stopForBackup(world, job, vmid, worker);
    cleanup.push(() => {
      const stopped = world.guests.get(vmid);
      if (stopped !== undefined && stopped.running === undefined) runGuest(world, stopped);
    });
  }
}

async function stopForBackup(
  world: World,
  job: BackupJob,
  vmid: number,
  worker: Worker,
): Promise<void> {
  const guest = world.guest(vmid);
  const limit = job.stopwait * 60_000;
  const command = `lxc-stop -n ${vmid} --timeout ${job.stopwait * 60}`;
  const needs = guest.inside.temperament === "obedient" ? durations.shutdown : limit;
  await worker.run(command, Math.min(needs, limit));
  halt(world, vmid);
}

/** @throws {PveError} when a disk is out of reach or not there */
function readContent(world: World, guest: Guest): Map<string, VolumeData> {
  const content = new Map<string, VolumeData>();
  for (const [key, mount] of mountsOf(guest)) {
    if (!mount.backup) continue;
    world.storage(storageOf(mount.volume)).activate();
    const volume = world.volume(mount.volume);
    if (volume === undefined || volume.missing) {
      throw failure(`volume '${mount.volume}' does not exist`);
    }
    content.set(key, volume.data);
  }
  return content;
}

/** **remove is on unless switched off**: the storage's own retention applies (FACTS §4). */
function pruneAfter(world: World, job: BackupJob, vmid: number, worker: Worker): void {
  const storage = world.storage(job.storage);
  const text = job.prune ?? storage.options.pruneBackups;
  const retention = parseRetention(text);
  if (!job.remove || retention === undefined) return;
  worker.print(`INFO: prune older backups with retention: ${text ?? ""}`);
  const own = storage.backups().filter((backup) => backup.vmid === vmid);
  const marks = pruneMarks(own, retention, world.node.timezone);
  const doomed = own.filter(({ volid }) => marks.get(volid) === "remove");
  for (const { volid } of doomed.toSorted((a, b) => a.ctime - b.ctime)) {
    worker.print(`INFO: removing backup '${volid}'`);
    storage.files.delete(volid);
  }
  worker.print(`INFO: pruned ${doomed.length} backup(s) not covered by keep-retention policy`);
}

function checkProtectedLimit(world: World, job: BackupJob, vmid: number): void {
  const storage = world.storage(job.storage);
  const own = storage.backups().filter((backup) => backup.vmid === vmid);
  const mayHaveMore = job.access.allows(`/storage/${job.storage}`, ["Datastore.Allocate"]);
  if (
    job.protected && !mayHaveMore &&
    own.filter((backup) => backup.protected).length >= MAX_PROTECTED
  ) throw tooManyProtected(job.storage);
  const retention = parseRetention(job.prune ?? storage.options.pruneBackups);
  if (job.remove || retention === undefined) return;
  const limit = [...retention.values()].reduce((sum, count) => sum + count, 0);
  if (own.filter((backup) => !backup.protected).length >= limit) {
    throw failure(
      `There is a max backup limit of ${limit} enforced by the target storage or the vzdump parameters. Either increase the limit or delete old backups.`,
    );
  }
}

/** What more than five protected backups of a guest are refused with (FACTS §4). */
export function tooManyProtected(storage: string): PveError {
  return failure(
    `The number of protected backups per guest is limited to ${MAX_PROTECTED} on storage '${storage}'`,
  );
}

function mountsOf(guest: Guest): (readonly [string, MountPoint])[] {
  const mounts = [...guest.config.options].filter(([key]) => MOUNT_KEY.test(key))
    .map(([key, text]) => [key, parseMountPoint(key, text)] as const);
  return mounts.toSorted(byMountOrder);
}

function clockText(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
