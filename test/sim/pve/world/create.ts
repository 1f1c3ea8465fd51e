import type { CallerAccess } from "../call_context.ts";
import { failure, PveError } from "../pve_error.ts";
import { type ConfigFile, emptyConfig } from "./config_file.ts";
import { withOptions } from "./config_change.ts";
import { createDisks, destroyDisks, type MadeDisks } from "./disks.ts";
import { destroyVolumes } from "./destroy.ts";
import type { Inside } from "./guest.ts";
import { parseMountPoint } from "./mount_point.ts";
import { start } from "./power.ts";
import { recoverBackup, type Recovered } from "./restore.ts";
import { unpack } from "./tar.ts";
import { nameOf, storageOf, type Template, type VolumeData } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** A creation or restore after all that is checked at once. */
export interface CreateRequest {
  readonly vmid: number;
  readonly user: string;
  readonly access: CallerAccess;
  /** Volume id of a template, or of a backup when `restore`. */
  readonly archive: string;
  readonly restore: boolean;
  readonly force: boolean;
  readonly unique: boolean;
  /** For volumes of which nothing else is said. */
  readonly storage: string;
  /** `rootfs` and `mpN` as given; empty when none was. */
  readonly mounts: ReadonlyMap<string, string>;
  /** All other options, in normal form. */
  readonly options: ReadonlyMap<string, string>;
  readonly unprivileged: boolean | undefined;
  readonly pool: string | undefined;
  readonly start: boolean;
}

/** How long creation waits for the guest's lock file at once (FACTS §3.6). */
const CREATE_LOCK_WAIT_MS = 5_000;
/** Disk of a new guest of which nothing is said. */
const DEFAULT_ROOT_GIB = 4;

/**
 * Takes the VMID with a file that says `lock: create`, then forks the task (FACTS §3.4).
 *
 * @throws {PveError} `unable to create CT 101 - CT 101 already exists on node 'x'`, or its lock
 */
export async function createGuest(world: World, request: CreateRequest): Promise<string> {
  const { vmid, user, restore, force } = request;
  const prefix = `unable to ${restore ? "restore" : "create"} CT ${vmid} - `;
  const existed = await takeVmid(world, request, prefix);
  return world.tasks.fork(
    { type: restore ? "vzrestore" : "vzcreate", id: String(vmid), user },
    async (worker) => {
      const state = { existed: existed && force, touched: false };
      try {
        await worker.withConfigLock(vmid, () => build(world, request, worker, state));
      } catch (error) {
        cleanUp(world, vmid, state);
        throw prefixed(error, prefix);
      }
      if (request.pool !== undefined) world.pools.addGuest(request.pool, vmid);
      if (request.start) start(world, { vmid, user });
    },
  );
}

interface BuildState {
  /** Whether there is an old guest under this VMID. */
  readonly existed: boolean;
  /** Whether its volumes may be gone. */
  touched: boolean;
}

async function takeVmid(
  world: World,
  { vmid, force, restore }: CreateRequest,
  prefix: string,
): Promise<boolean> {
  try {
    return await world.withConfigLock(vmid, () => {
      const old = world.guests.get(vmid);
      if (old !== undefined && !(force && restore)) throw alreadyExists(world, vmid);
      if (old === undefined) world.addGuest(vmid, emptyConfig([["lock", "create"]]));
      else {
        world.checkLock(old);
        old.config = withOptions(old.config, { lock: "create" });
      }
      return old !== undefined;
    }, CREATE_LOCK_WAIT_MS);
  } catch (error) {
    throw prefixed(error, prefix);
  }
}

/** The 500 of a VMID that is taken (OBSERVED 12). */
export function alreadyExists(world: World, vmid: number): PveError {
  return failure(`CT ${vmid} already exists on node '${world.node.name}'`);
}

/** Before anything was touched the old guest loses the lock; after it there is nothing left. */
function cleanUp(world: World, vmid: number, state: BuildState): void {
  if (state.existed && !state.touched) world.setLock(vmid, undefined);
  else world.guests.delete(vmid);
}

async function build(
  world: World,
  request: CreateRequest,
  worker: Worker,
  state: BuildState,
): Promise<void> {
  const { vmid, restore } = request;
  if (world.isRunning(vmid)) throw failure("can't overwrite running container");
  const recovered = restore ? await recoverBackup(world, request, worker) : undefined;
  const mounts = mountsFor(request, recovered);
  const disks = await createDisks(world, worker, { vmid, mounts });
  state.touched = true;
  try {
    const old = world.guest(vmid);
    if (state.existed) {
      destroyVolumes(world, old, false);
      old.config = emptyConfig([["lock", "create"]]);
    }
    const built = recovered === undefined
      ? await fromTemplate(world, request, worker, disks)
      : await fromBackup(world, request, worker, { disks, recovered });
    const guest = world.guest(vmid);
    guest.inside = built.inside;
    guest.config = withDefaults(vmid, {
      ...built.file,
      options: new Map([...built.file.options, ...disks.options]),
    });
  } catch (error) {
    destroyDisks(world, disks.volumes.values());
    throw error;
  }
}

interface Built {
  readonly file: ConfigFile;
  readonly inside: Inside;
}

function mountsFor(
  request: CreateRequest,
  recovered: Recovered | undefined,
): ReadonlyMap<string, string> {
  if (request.mounts.size > 0) return request.mounts;
  return recovered?.mounts ?? new Map([["rootfs", `${request.storage}:${DEFAULT_ROOT_GIB}`]]);
}

async function fromTemplate(
  world: World,
  request: CreateRequest,
  worker: Worker,
  disks: MadeDisks,
): Promise<Built> {
  const { vmid, archive } = request;
  const storage = world.storage(storageOf(archive));
  storage.activate();
  const template = storage.files.get(archive);
  if (template?.kind !== "template") {
    const text = `volume '${archive}' does not exist`;
    worker.print(text);
    throw failure(text);
  }
  const unprivileged = request.unprivileged ?? true;
  const data: VolumeData = { bytes: template.bytes, marks: [nameOf(archive)] };
  const fits = fillDisks(world, disks, new Map([["rootfs", data]]));
  await unpack(worker, {
    vmid,
    unprivileged,
    path: storage.pathOf(archive),
    bytes: template.bytes,
    fits,
    truncated: false,
  });
  describeSystem(worker, template);
  const options = new Map([["arch", "amd64"], ["ostype", template.ostype], ...request.options]);
  if (unprivileged) options.set("unprivileged", "1");
  return { file: emptyConfig(options), inside: template.inside };
}

function describeSystem(worker: Worker, template: Template): void {
  const { warning } = template.inside;
  if (warning !== undefined) worker.warn(warning);
  if (template.architecture === "detected") worker.print("Detected container architecture: amd64");
  else {
    worker.print("Falling back to amd64.", "Use `pct set VMID --arch ARCH` to change.");
  }
}

async function fromBackup(
  world: World,
  request: CreateRequest,
  worker: Worker,
  { disks, recovered }: { readonly disks: MadeDisks; readonly recovered: Recovered },
): Promise<Built> {
  const { vmid, archive } = request;
  const { backup } = recovered;
  worker.print(`restoring '${archive}' now..`);
  const content = contentFor(disks, backup.content);
  const fits = backup.truncated || fillDisks(world, disks, content);
  await unpack(worker, {
    vmid,
    unprivileged: recovered.unprivileged,
    path: world.storage(storageOf(archive)).pathOf(archive),
    bytes: [...backup.content.values()].reduce((sum, data) => sum + data.bytes, 0),
    fits,
    truncated: backup.truncated,
  });
  worker.print("merging backed-up and given configuration..");
  if (backup.inside.warning !== undefined) worker.warn(backup.inside.warning);
  return { file: recovered.merge(worker), inside: backup.inside };
}

/** What goes where: content of a mount point that is not made lands in the root (FACTS §3.4). */
function contentFor(
  disks: MadeDisks,
  content: ReadonlyMap<string, VolumeData>,
): Map<string, VolumeData> {
  const placed = new Map<string, VolumeData>();
  for (const [key, data] of content) {
    const target = disks.volumes.has(key) ? key : "rootfs";
    const there = placed.get(target);
    placed.set(
      target,
      there === undefined
        ? data
        : { bytes: there.bytes + data.bytes, marks: [...there.marks, ...data.marks] },
    );
  }
  return placed;
}

/** Writes the content into the volumes; false when it does not fit, and nothing is written. */
function fillDisks(
  world: World,
  disks: MadeDisks,
  content: ReadonlyMap<string, VolumeData>,
): boolean {
  for (const [key, data] of content) {
    const volume = disks.volumes.get(key);
    if (volume === undefined) continue;
    if (!world.storage(storageOf(volume.volid)).fits(volume, data)) return false;
    volume.data = data;
  }
  return true;
}

function withDefaults(vmid: number, file: ConfigFile): ConfigFile {
  const { options } = file;
  return withOptions(file, {
    arch: options.get("arch") ?? "amd64",
    hostname: options.get("hostname") ?? `CT${vmid}`,
    memory: options.get("memory") ?? "512",
    swap: options.get("swap") ?? "512",
    lock: undefined,
  });
}

function prefixed(error: unknown, prefix: string): unknown {
  if (!(error instanceof PveError)) return error;
  const text = error.status === 500 ? error.message : error.toExitStatus();
  return failure(`${prefix}${text}`);
}

/** The storages that new volumes are to go to. */
export function storagesOf(mounts: ReadonlyMap<string, string>): string[] {
  return [...mounts].map(([key, text]) => storageOf(parseMountPoint(key, text).volume));
}
