import { backupVolid } from "../world/backup_name.ts";
import { withOptions } from "../world/config_change.ts";
import type { ConfigFile } from "../world/config_file.ts";
import { disksOf } from "../world/snapshots.ts";
import type { World } from "../world/world.ts";

/** Puts a snapshot into a guest that was taken so many days ago. */
export function addSnapshot(
  world: World,
  vmid: number,
  { name, days }: { readonly name: string; readonly days: number },
): void {
  const guest = world.guest(vmid);
  const section = new Map(guest.config.options);
  section.set("snaptime", String(world.epoch - days * 86_400));
  section.set("description", "Before an upgrade");
  const snapshots: ConfigFile["snapshots"] = new Map([[name, section]]);
  guest.config = { ...withOptions(guest.config, { parent: name }), snapshots };
  for (const volume of disksOf(world, section)) {
    volume.snapshots.push({ name, data: volume.data });
  }
}

/** Puts a backup of a guest on the storage `local`, made so many hours ago. */
export function addBackup(
  world: World,
  vmid: number,
  options: { readonly hours: number; readonly protected: boolean; readonly notes?: string },
): void {
  const guest = world.guest(vmid);
  const at = (world.epoch - options.hours * 3_600 - (vmid % 60)) * 1000;
  const volid = backupVolid(world, { storage: "local", vmid, at, suffix: "tar.zst" });
  const volume = disksOf(world, guest.config.options)[0];
  world.storage("local").files.set(volid, {
    kind: "backup",
    volid,
    vmid,
    format: "tar.zst",
    size: Math.floor((volume?.data.bytes ?? 0) * 0.31),
    ctime: at / 1000,
    notes: options.notes ?? guest.config.options.get("hostname"),
    protected: options.protected,
    config: { ...guest.config, snapshots: new Map(), pending: new Map() },
    content: new Map([["rootfs", volume?.data ?? { bytes: 0, marks: [] }]]),
    inside: guest.inside,
    truncated: false,
    writing: false,
  });
}
