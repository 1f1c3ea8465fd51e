import { failure } from "../pve_error.ts";
import { withOptions } from "./config_change.ts";
import { withUnused } from "./config_apply.ts";
import { createDisks } from "./disks.ts";
import { copyTime } from "./durations.ts";
import { parseMountPoint, withProperties } from "./mount_point.ts";
import type { World } from "./world.ts";

/**
 * Moves a stopped guest's volume to another storage; the old one stays as `unusedN` unless it is
 * to be deleted (FACTS §3.5).
 *
 * @throws {PveError} `cannot move volumes of a running container`, at once
 */
export function moveVolume(
  world: World,
  request: {
    readonly vmid: number;
    readonly user: string;
    readonly name: string;
    readonly storage: string;
    readonly remove: boolean;
  },
): string {
  const { vmid, user, name, storage, remove } = request;
  const guest = world.guest(vmid);
  world.checkLock(guest);
  if (guest.running !== undefined) throw failure("cannot move volumes of a running container");
  const text = guest.config.options.get(name);
  if (text === undefined) throw failure(`volume '${name}' does not exist`);
  const mount = parseMountPoint(name, text);
  const old = world.volume(mount.volume);
  if (old === undefined) throw failure(`volume '${mount.volume}' does not exist`);
  if (remove && old.snapshots.length > 0) {
    throw failure("cannot move volume with snapshots if the original is to be deleted");
  }
  return world.tasks.fork({ type: "move_volume", id: String(vmid), user }, async (worker) => {
    await worker.withConfigLock(vmid, () => {
      world.checkLock(world.guest(vmid));
      world.setLock(vmid, "disk");
    });
    try {
      const properties = new Map(mount.properties);
      properties.delete("size");
      const wanted = withProperties({ ...mount, properties }, {
        volume: `${storage}:${old.size / 1024 ** 3}`,
      });
      const made = await createDisks(world, worker, { vmid, mounts: new Map([[name, wanted]]) });
      await worker.work(copyTime(old.data.bytes));
      const volume = made.volumes.get(name);
      if (volume !== undefined) volume.data = old.data;
      const moved = world.guest(vmid);
      moved.config = withOptions(moved.config, { [name]: made.options.get(name) });
      if (remove) world.storage(old.volid.split(":")[0] ?? "").files.delete(old.volid);
      else moved.config = withUnused(moved.config, old.volid);
    } finally {
      world.setLock(vmid, undefined);
    }
  });
}
