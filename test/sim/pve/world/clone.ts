import type { CallerAccess } from "../call_context.ts";
import { failure, missingPrivilege } from "../pve_error.ts";
import { emptyConfig } from "./config_file.ts";
import { withOptions } from "./config_change.ts";
import { snapshotSection } from "./config_view.ts";
import { alreadyExists } from "./create.ts";
import { createDisks, destroyDisks } from "./disks.ts";
import { copyTime } from "./durations.ts";
import { MOUNT_KEY, parseMountPoint, withProperties } from "./mount_point.ts";
import { withNewMac } from "./net_config.ts";
import { storageOf, type VolumeData } from "./volume.ts";
import type { World } from "./world.ts";

/**
 * Copies a guest: new MACs, everything else as it is, protection and features too. The source is
 * locked with `disk`, the copy with `create`; the task carries the source's VMID (FACTS §3.5).
 *
 * @throws {PveError} of a running source without a snapshot, a bind mount, or a taken VMID
 */
export function cloneGuest(
  world: World,
  request: {
    readonly vmid: number;
    readonly newid: number;
    readonly user: string;
    readonly access: CallerAccess;
    readonly storage: string | undefined;
    readonly snapname: string | undefined;
    readonly hostname: string | undefined;
    readonly description: string | undefined;
    readonly pool: string | undefined;
  },
): string {
  const { vmid, newid, user, access, snapname, hostname, description } = request;
  const source = world.guest(vmid);
  if (world.guests.has(newid)) throw alreadyExists(world, newid);
  world.checkLock(source);
  if (source.running !== undefined && snapname === undefined) {
    throw failure("Full clone of a running container is only possible from a snapshot");
  }
  const section = snapname === undefined
    ? source.config.options
    : snapshotSection(source.config, snapname);
  const mounts = new Map<string, string>();
  const content = new Map<string, VolumeData>();
  const options = new Map<string, string>();
  for (const [key, text] of section) {
    if (/^(lock|parent|snaptime|snapstate|unused\d+)$/.test(key)) continue;
    if (/^net\d+$/.test(key)) options.set(key, withNewMac(text, world.random));
    else if (!MOUNT_KEY.test(key)) options.set(key, text);
    else {
      const mount = parseMountPoint(key, text);
      if (mount.type !== "volume") {
        throw failure(`unable to clone mountpoint '${key}' (type ${mount.type})`);
      }
      const volume = world.volume(mount.volume);
      const storage = request.storage ?? storageOf(mount.volume);
      const path = `/storage/${storage}`;
      if (!access.allows(path, ["Datastore.AllocateSpace"])) {
        throw missingPrivilege(path, ["Datastore.AllocateSpace"]);
      }
      const properties = new Map(mount.properties);
      properties.delete("size");
      const bytes = volume?.size ?? mount.size ?? 0;
      mounts.set(
        key,
        withProperties({ ...mount, properties }, { volume: `${storage}:${bytes / 1024 ** 3}` }),
      );
      const kept = volume?.snapshots.find((snapshot) => snapshot.name === snapname);
      content.set(key, kept?.data ?? volume?.data ?? { bytes: 0, marks: [] });
    }
  }
  if (hostname !== undefined) options.set("hostname", hostname);
  if (description !== undefined) options.set("description", description);
  world.addGuest(newid, emptyConfig([["lock", "create"]]));
  world.setLock(vmid, "disk");
  return world.tasks.fork({ type: "vzclone", id: String(vmid), user }, async (worker) => {
    try {
      const disks = await createDisks(world, worker, { vmid: newid, mounts });
      try {
        for (const [key, data] of content) {
          await worker.work(copyTime(data.bytes));
          const volume = disks.volumes.get(key);
          if (volume !== undefined) volume.data = data;
        }
      } catch (error) {
        destroyDisks(world, disks.volumes.values());
        throw error;
      }
      const copy = world.guest(newid);
      copy.inside = source.inside;
      copy.config = withOptions(emptyConfig([...options, ...disks.options]), { lock: undefined });
      if (request.pool !== undefined) world.pools.addGuest(request.pool, newid);
    } catch (error) {
      world.guests.delete(newid);
      throw failure(`clone failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      world.setLock(vmid, undefined);
    }
  });
}
