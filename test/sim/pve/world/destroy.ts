import { failure } from "../pve_error.ts";
import { refuseProtected } from "./config_stage.ts";
import { emptyConfig } from "./config_file.ts";
import { freeDisk } from "./disks.ts";
import { durations } from "./durations.ts";
import type { Guest } from "./guest.ts";
import { MOUNT_KEY, parseMountPoint } from "./mount_point.ts";
import { halt } from "./power.ts";
import { storageOf } from "./volume.ts";
import type { World } from "./world.ts";

export interface DestroyRequest {
  readonly vmid: number;
  readonly user: string;
  readonly force: boolean;
  readonly purge: boolean;
  readonly unreferenced: boolean;
}

/**
 * Destroys a guest (FACTS §3.8): its volumes with their snapshots, **its ACLs and its place in its
 * pool**, its file. Backups are kept.
 *
 * @throws {PveError} protection, lock, or that it runs, at once
 */
export function destroyGuest(world: World, request: DestroyRequest): string {
  const { vmid, user, purge, unreferenced } = request;
  checkEarly(world, request);
  return world.tasks.fork({ type: "vzdestroy", id: String(vmid), user }, (worker) => {
    return worker.withConfigLock(vmid, async () => {
      checkEarly(world, request);
      if (world.isRunning(vmid)) {
        worker.print(`forced to stop CT ${vmid} before destroying!`);
        await worker.work(durations.stop);
        halt(world, vmid);
      }
      await worker.work(durations.destroy);
      const guest = world.guest(vmid);
      destroyVolumes(world, guest, unreferenced);
      guest.config = emptyConfig([["lock", "destroyed"]]);
      world.onDestroyed(vmid);
      if (purge) worker.print(`purging CT ${vmid} from related configurations..`);
      world.guests.delete(vmid);
    });
  });
}

function checkEarly(world: World, { vmid, force }: DestroyRequest): void {
  const guest = world.guest(vmid);
  refuseProtected(guest.config, `can't remove CT ${vmid}`);
  world.checkLock(guest);
  if (guest.running !== undefined && !force) {
    throw failure(`unable to destroy CT ${vmid} - container is running`);
  }
}

/**
 * Frees what the guest owns: root, mount points, unused and pending volumes; other guests' volumes
 * that it mounts stay.
 */
export function destroyVolumes(world: World, guest: Guest, unreferenced: boolean): void {
  const volids = new Set<string>();
  for (const section of [guest.config.options, guest.config.pending]) {
    for (const [key, text] of section) {
      const volid = MOUNT_KEY.test(key)
        ? parseMountPoint(key, text).volume
        : key.startsWith("unused")
        ? text
        : undefined;
      if (volid !== undefined && isOwn(volid, guest.vmid)) volids.add(volid);
    }
  }
  for (const volid of volids) world.storage(storageOf(volid)).activate();
  for (const volid of volids) freeDisk(world, volid);
  if (!unreferenced) return;
  for (const storage of world.storages.values()) {
    for (const volume of storage.volumes()) {
      if (volume.vmid === guest.vmid && storage.active) storage.files.delete(volume.volid);
    }
  }
}

function isOwn(volid: string, vmid: number): boolean {
  return new RegExp(`(?:vm|subvol|base|basevol)-${vmid}-`).test(volid);
}
