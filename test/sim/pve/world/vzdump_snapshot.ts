import { withValues } from "./config_change.ts";
import { disksOf } from "./snapshots.ts";
import type { World } from "./world.ts";

const NAME = "vzdump";

/**
 * The snapshot a backup works from: it stands in the file, beside lock=backup, until the backup is
 * over, and stays when the worker is killed. The next backup removes it (FACTS §3.7, §4).
 */
export function addVzdumpSnapshot(world: World, vmid: number): void {
  removeVzdumpSnapshot(world, vmid);
  const guest = world.guest(vmid);
  const kept = [...guest.config.options].filter(([key]) =>
    key !== "lock" && key !== "description" && !key.startsWith("unused")
  );
  const section = withValues(new Map(kept), {
    description: "vzdump backup snapshot",
    snaptime: String(world.epoch),
  });
  guest.config = {
    ...guest.config,
    options: withValues(guest.config.options, { parent: NAME }),
    snapshots: new Map([...guest.config.snapshots, [NAME, section]]),
  };
  for (const volume of disksOf(world, section)) {
    volume.snapshots.push({ name: NAME, data: volume.data });
  }
}

/** Takes it away again; there may be none. */
export function removeVzdumpSnapshot(world: World, vmid: number): void {
  const guest = world.guests.get(vmid);
  const section = guest?.config.snapshots.get(NAME);
  if (guest === undefined || section === undefined) return;
  const snapshots = new Map(guest.config.snapshots);
  snapshots.delete(NAME);
  const parent = section.get("parent");
  guest.config = {
    ...guest.config,
    options: withValues(guest.config.options, { parent }),
    snapshots,
  };
  for (const volume of disksOf(world, section)) {
    const at = volume.snapshots.findIndex((snapshot) => snapshot.name === NAME);
    if (at >= 0) volume.snapshots.splice(at, 1);
  }
}
