import { failure, PveError } from "../pve_error.ts";
import { backupGuest } from "./backup_guest.ts";
import { type BackupJob, stamp } from "./backup_job.ts";
import { SILENT_EXIT } from "./tasks.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** The one lock of all backups of a node (FACTS §4). */
const GLOBAL_LOCK = "/var/run/vzdump.lock";

/** Starts a backup job; the id is the guest's when there is exactly one (FACTS §2.3). */
export function startBackupJob(world: World, job: BackupJob): string {
  const id = job.vmids.length === 1 ? String(job.vmids[0]) : "";
  return world.tasks.fork({ type: "vzdump", id, user: job.user }, async (worker) => {
    worker.onInterruptSay("interrupted by signal");
    checkStorage(world, job.storage);
    await takeGlobalLock(world, job, worker);
    worker.print(`INFO: starting new backup job: vzdump ${commandLine(job)}`);
    for (const vmid of job.vmids) job.access.check(`/vms/${vmid}`, ["VM.Backup"]);
    await runJob(world, job, worker);
  });
}

async function runJob(world: World, job: BackupJob, worker: Worker): Promise<void> {
  let failed = false;
  for (const vmid of job.vmids) {
    try {
      await backupGuest(world, job, vmid, worker);
    } catch (error) {
      if (!(error instanceof PveError)) throw error;
      failed = true;
      worker.print(
        `ERROR: Backup of VM ${vmid} failed - ${error.message}`,
        `INFO: Failed at ${stamp(world)}`,
      );
      if (error.message.endsWith("interrupted by signal")) {
        worker.print("ERROR: Backup job failed - interrupted by signal");
        throw failure("interrupted by signal");
      }
    }
  }
  if (!failed) {
    worker.print("INFO: Backup job finished successfully");
    return;
  }
  worker.print("INFO: Backup job finished with errors");
  throw failure("job errors");
}

/** @throws {PveError} in the words of a job that cannot even begin (captures err-vzdump-*) */
function checkStorage(world: World, id: string): void {
  const storage = world.storages.get(id);
  if (storage === undefined) {
    const text = `storage '${id}' does not exist`;
    throw failure(
      `could not activate storage '${id}': ${text}\ncould not get storage information for '${id}': ${text}`,
    );
  }
  try {
    storage.activate();
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    throw failure(`could not activate storage '${id}': ${error.message}`);
  }
  if (!storage.holds("backup")) {
    throw failure(
      `could not get storage information for '${id}': can't use storage '${id}' for backups - wrong content type`,
    );
  }
}

async function takeGlobalLock(world: World, job: BackupJob, worker: Worker): Promise<void> {
  if (!world.locks.isHeld(GLOBAL_LOCK)) {
    await worker.hold(GLOBAL_LOCK, 0);
    return;
  }
  worker.print("INFO: trying to get global lock - waiting...");
  if (!(await worker.hold(GLOBAL_LOCK, job.lockwait * 60_000))) {
    worker.print(`ERROR: can't acquire lock '${GLOBAL_LOCK}' - got timeout`);
    throw SILENT_EXIT;
  }
  worker.print("INFO: got global lock");
}

function commandLine(job: BackupJob): string {
  const quote = (text: string) => /^[\w/:.,+@%-]+$/.test(text) ? text : `'${text}'`;
  const options = job.given.map(([name, value]) => `--${name} ${quote(value)}`);
  return [...job.vmids.map(String), ...options].join(" ");
}
