import { createHash } from "node:crypto";
import type { Storage } from "./storage.ts";
import { occupied } from "./storage.ts";
import type { StoredFile } from "./volume.ts";
import type { World } from "./world.ts";

/** `GET …/storage/{storage}/status`; an inactive one shows zeros and no error (FACTS §5). */
export function storageStatus(storage: Storage): Record<string, unknown> {
  const { active } = storage;
  return {
    type: storage.type.name,
    content: storage.options.content.join(","),
    shared: storage.type.name === "nfs" ? 1 : 0,
    enabled: storage.enabled ? 1 : 0,
    active: active ? 1 : 0,
    total: active ? storage.options.total : 0,
    used: active ? storage.used : 0,
    avail: active ? storage.available : 0,
  };
}

/** A row of `GET /nodes/{node}/storage`: with its name, and the fraction while it is active. */
export function storageRow(storage: Storage): Record<string, unknown> {
  const row = { ...storageStatus(storage), storage: storage.id };
  if (!storage.active) return row;
  return { ...row, used_fraction: storage.used / storage.options.total };
}

/** A row of `GET /cluster/resources?type=storage`. */
export function storageResource(storage: Storage, node: string): Record<string, unknown> {
  return {
    id: `storage/${node}/${storage.id}`,
    type: "storage",
    node,
    storage: storage.id,
    status: "available",
    disk: storage.used,
    maxdisk: storage.options.total,
    shared: storage.type.name === "nfs" ? 1 : 0,
    content: storage.options.content.join(","),
    plugintype: storage.type.name,
  };
}

/** A row of `GET /storage`, out of `storage.cfg`. */
export function storageConfig(world: World, storage: Storage): Record<string, unknown> {
  const { options } = storage;
  const row: Record<string, unknown> = {
    storage: storage.id,
    type: storage.type.name,
    content: options.content.join(","),
    digest: storagesDigest(world),
  };
  row[storage.type.files ? "path" : "pool"] = options.path;
  if (options.isMountpoint === true) row["is_mountpoint"] = "yes";
  if (options.pruneBackups !== undefined) row["prune-backups"] = options.pruneBackups;
  if (!storage.enabled) row["disable"] = 1;
  return row;
}

function storagesDigest(world: World): string {
  const text = [...world.storages.keys()].join("\n");
  return createHash("sha1").update(text).digest("hex");
}

/**
 * A row of a content list (FACTS §5): only the first line of notes, `protected` when it is, an
 * orphan volume as `images`. `undefined` for what is not listed.
 */
export function contentRow(world: World, file: StoredFile): Record<string, unknown> | undefined {
  const { volid, size, ctime } = file;
  switch (file.kind) {
    case "disk": {
      if (file.missing) return undefined;
      const content = world.guests.has(file.vmid) ? "rootdir" : "images";
      const subvol = volid.includes(":subvol-");
      const row = { volid, size, ctime, vmid: file.vmid, content, parent: null };
      return subvol
        ? { ...row, format: "subvol", name: volid.slice(volid.indexOf(":") + 1) }
        : { ...row, format: "raw", used: occupied(file) };
    }
    case "backup": {
      if (file.writing) return undefined;
      const row: Record<string, unknown> = {
        volid,
        size,
        ctime,
        vmid: file.vmid,
        content: "backup",
        format: file.format,
        subtype: "lxc",
      };
      if (file.notes !== undefined) row["notes"] = file.notes.split("\n")[0];
      if (file.protected) row["protected"] = 1;
      return row;
    }
    case "template":
      return { volid, size, ctime, content: "vztmpl", format: templateFormat(volid) };
  }
}

function templateFormat(volid: string): string {
  return `t${/\.tar\.(zst|gz|xz)$/.exec(volid)?.[1] ?? "ar"}`;
}
