import type { CallerAccess } from "../call_context.ts";
import { failure } from "../pve_error.ts";
import { type ConfigFile, emptyConfig } from "./config_file.ts";
import { MOUNT_KEY, parseMountPoint, withProperties } from "./mount_point.ts";
import { withNewMac } from "./net_config.ts";
import { bridgePath } from "./property_paths.ts";
import { type Backup, storageOf } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** What a restore knows of the backup before anything is touched. */
export interface Recovered {
  readonly backup: Backup;
  /** Mount points to make where none were given: the backup's, on the storage of the call. */
  readonly mounts: ReadonlyMap<string, string>;
  readonly unprivileged: boolean;
  /** The file that follows from backup and parameters; warns of what is left out. */
  merge(worker: Worker): ConfigFile;
}

interface RestoreRequest {
  readonly access: CallerAccess;
  readonly archive: string;
  readonly storage: string;
  readonly mounts: ReadonlyMap<string, string>;
  readonly options: ReadonlyMap<string, string>;
  readonly unprivileged: boolean | undefined;
  readonly unique: boolean;
}

const GIB = 1024 ** 3;
/** Never taken from a backup (FACTS §3.4). */
const NEVER = new Set(["digest", "lock", "parent", "snaptime", "template", "unprivileged"]);

/**
 * Reads the configuration out of an archive. What fails here fails before anything is touched:
 * a missing archive, a bridge without SDN.Use, a bind mount (OBSERVED 26, 28).
 *
 * @throws {PveError}
 */
export async function recoverBackup(
  world: World,
  request: RestoreRequest,
  worker: Worker,
): Promise<Recovered> {
  const { access, archive, options } = request;
  worker.print(`recovering backed-up configuration from '${archive}'`);
  const storage = world.storage(storageOf(archive));
  storage.activate();
  await worker.work(20);
  const backup = storage.backup(archive);
  if (backup === undefined) throw failure(`volume '${archive}' does not exist`);
  for (const [key, net] of backup.config.options) {
    if (!/^net\d+$/.test(key) || options.has(key)) continue;
    const path = bridgePath(net);
    if (path !== undefined) access.check(path, ["SDN.Use"]);
  }
  const was = backup.config.options.get("unprivileged") === "1";
  const unprivileged = request.unprivileged ?? was;
  if (!unprivileged) access.check("/", ["Sys.Modify"]);
  return {
    backup,
    mounts: request.mounts.size > 0 ? request.mounts : mountsOf(backup, request.storage),
    unprivileged,
    merge: (worker) => merge(world, request, { backup, unprivileged }, worker),
  };
}

function mountsOf(backup: Backup, storage: string): Map<string, string> {
  const mounts = new Map<string, string>();
  for (const [key, text] of backup.config.options) {
    if (!MOUNT_KEY.test(key)) continue;
    const mount = parseMountPoint(key, text);
    if (mount.type !== "volume") {
      throw failure(`restoring '${key}' to ${mount.type} mount is only possible for root`);
    }
    if (mount.size === undefined) {
      throw failure(`unable to detect disk size - please specify ${key} (size)`);
    }
    const volume = `${storage}:${mount.size / GIB}`;
    const properties = new Map(mount.properties);
    properties.delete("size");
    mounts.set(key, withProperties({ ...mount, properties }, { volume }));
  }
  if (!mounts.has("rootfs")) {
    throw failure(
      "rootfs configuration could not be recovered, please check and specify manually!",
    );
  }
  return mounts;
}

/**
 * The backup's options unless passed, keyctl and all; with `unique` every interface of the backup
 * gets a new MAC and overwrites one that was passed (FACTS §3.4, OBSERVED 27).
 */
function merge(
  world: World,
  request: RestoreRequest,
  { backup, unprivileged }: { readonly backup: Backup; readonly unprivileged: boolean },
  worker: Worker,
): ConfigFile {
  const merged = new Map(request.options);
  for (const [key, value] of backup.config.options) {
    if (NEVER.has(key) || MOUNT_KEY.test(key) || /^unused\d+$/.test(key)) continue;
    if (key === "features" && !unprivileged) {
      worker.print("changing from unprivileged to privileged, skipping features");
      continue;
    }
    if (/^net\d+$/.test(key) && request.unique) merged.set(key, withNewMac(value, world.random));
    else if (!merged.has(key)) merged.set(key, value);
  }
  if (unprivileged) merged.set("unprivileged", "1");
  const { raw } = backup.config;
  if (raw.length > 0) {
    worker.warn("skipping custom lxc options, restore manually as root:");
    worker.print(
      "--------------------------------",
      ...raw.map(([key, value]) => `${key}: ${value}`),
      "--------------------------------",
    );
  }
  return emptyConfig(merged);
}
