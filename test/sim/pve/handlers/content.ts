import type { CallerAccess } from "../call_context.ts";
import type { Handlers } from "../contract/endpoints.ts";
import { badParameters, failure, missingPrivilege } from "../pve_error.ts";
import { MAX_PROTECTED, tooManyProtected } from "../world/backup_guest.ts";
import { durations } from "../world/durations.ts";
import { parseRetention, pruneMarks } from "../world/prune.ts";
import { occupied, type Storage } from "../world/storage.ts";
import { contentRow } from "../world/storage_rows.ts";
import { removeFile } from "../world/remove_file.ts";
import { exitStatus } from "../world/tasks.ts";
import { storageOf, type StoredFile } from "../world/volume.ts";
import type { World } from "../world/world.ts";
import { kindOfName, refuseVolume } from "./volume_access.ts";

type ContentHandlers = Pick<
  Handlers,
  | "GET /nodes/{node}/storage/{storage}/content"
  | "GET /nodes/{node}/storage/{storage}/content/{volume}"
  | "PUT /nodes/{node}/storage/{storage}/content/{volume}"
  | "DELETE /nodes/{node}/storage/{storage}/content/{volume}"
  | "GET /nodes/{node}/storage/{storage}/prunebackups"
  | "DELETE /nodes/{node}/storage/{storage}/prunebackups"
>;

/** What lies on a storage (FACTS §5). */
export function contentHandlers(world: World): ContentHandlers {
  return {
    "GET /nodes/{node}/storage/{storage}/content": ({ storage: id, content, vmid }, { access }) => {
      const storage = world.storage(id);
      storage.activate();
      return [...storage.files.values()]
        .filter((file) => isVisible(access, file))
        .filter((file) => vmid === undefined || belongsTo(file, vmid))
        .map((file) => contentRow(world, file))
        .filter((row) => row !== undefined)
        .filter((row) => content === undefined || row["content"] === content)
        .toSorted((a, b) => String(a["volid"]) < String(b["volid"]) ? -1 : 1);
    },
    "GET /nodes/{node}/storage/{storage}/content/{volume}": (params, { access }) => {
      const volid = volidOf(params);
      checkReadable(access, volid);
      return attributes(existing(world, volid), world.storage(storageOf(volid)));
    },
    "PUT /nodes/{node}/storage/{storage}/content/{volume}": (params, { access }) => {
      const volid = volidOf(params);
      checkReadable(access, volid);
      const file = existing(world, volid);
      if (params.notes === undefined && params.protected === undefined) return null;
      if (file.kind !== "backup") throw failure("attributes cannot be updated for this volume");
      if (params.notes !== undefined) file.notes = params.notes === "" ? undefined : params.notes;
      if (params.protected === true && !file.protected) checkMayProtect(world, access, volid);
      if (params.protected !== undefined) file.protected = params.protected;
      return null;
    },
    "DELETE /nodes/{node}/storage/{storage}/content/{volume}": async (params, context) => {
      const volid = volidOf(params);
      const owner = checkRemovable(context.access, volid);
      const id = storageOf(volid);
      world.storage(id);
      const upid = world.tasks.fork({
        type: "imgdel",
        id: owner === undefined ? id : `${owner}@${id}`,
        user: context.identity.full,
      }, async (worker) => {
        await worker.work(durations.removeFile);
        removeFile(world, volid, worker);
      });
      if (params.delay === undefined) return upid;
      return await settled(world, upid, params.delay);
    },
    "GET /nodes/{node}/storage/{storage}/prunebackups": (params, { access }) => {
      const storage = world.storage(params.storage);
      storage.activate();
      return pruneRows(world, storage, params).filter(({ volid }) => {
        const file = storage.files.get(volid);
        return file !== undefined && isVisible(access, file);
      });
    },
    "DELETE /nodes/{node}/storage/{storage}/prunebackups": (params, { access, identity }) => {
      const { storage: id, vmid } = params;
      const path = `/storage/${id}`;
      if (!access.allows(path, ["Datastore.Allocate"])) {
        if (vmid === undefined) throw missingPrivilege(path, ["Datastore.Allocate"]);
        access.check(path, ["Datastore.AllocateSpace"]);
        access.check(`/vms/${vmid}`, ["VM.Backup"]);
      }
      const storage = world.storage(id);
      return world.tasks.fork({
        type: "prunebackups",
        id: vmid === undefined ? id : `${vmid}@${id}`,
        user: identity.full,
      }, async (worker) => {
        storage.activate();
        await worker.work(durations.prune);
        for (const { volid, mark } of pruneRows(world, storage, params)) {
          if (mark !== "remove") continue;
          worker.print(`Removing backup '${volid}'`);
          storage.files.delete(volid);
        }
      });
    },
  };
}

function volidOf(
  params: { readonly storage?: string | undefined; readonly volume: string },
): string {
  const { storage, volume } = params;
  if (volume.includes(":")) {
    if (storage !== undefined && storageOf(volume) !== storage) {
      throw badParameters({
        storage: `storage ID mismatch ('${storage}' != '${storageOf(volume)}')`,
      });
    }
    return volume;
  }
  if (storage === undefined) throw failure(`unable to parse volume ID '${volume}'`);
  return `${storage}:${volume}`;
}

/** A guest's number stands between dashes anywhere in a file's name (FACTS §5). */
function belongsTo(file: StoredFile, vmid: number): boolean {
  return file.kind === "disk" ? file.vmid === vmid : file.volid.includes(`-${vmid}-`);
}

function isVisible(access: CallerAccess, file: StoredFile): boolean {
  const owner = file.kind === "template" ? undefined : file.vmid;
  return refuseVolume(access, file.volid, { kind: file.kind, owner }) === undefined;
}

function checkReadable(access: CallerAccess, volid: string): void {
  const refused = refuseVolume(access, volid, kindOfName(volid));
  if (refused !== undefined) throw refused;
}

function existing(world: World, volid: string): StoredFile {
  const storage = world.storage(storageOf(volid));
  storage.activate();
  const file = storage.files.get(volid);
  if (file === undefined || (file.kind === "backup" && file.writing)) {
    throw failure(`volume_size_info on '${volid}' failed - no such file`);
  }
  return file;
}

/** `GET content/{volume}` (capture content-volume-attributes). */
function attributes(file: StoredFile, storage: Storage): Record<string, unknown> {
  const used = file.kind === "disk" ? occupied(file) : Math.ceil(file.size / 4096) * 4096;
  const row = { path: storage.pathOf(file.volid), size: file.size, used, format: "raw" };
  if (file.kind !== "backup") return row;
  return { ...row, notes: file.notes ?? "", protected: file.protected ? 1 : 0 };
}

function checkMayProtect(world: World, access: CallerAccess, volid: string): void {
  const id = storageOf(volid);
  if (access.allows(`/storage/${id}`, ["Datastore.Allocate"])) return;
  const owner = kindOfName(volid).owner;
  const kept = world.storage(id).backups().filter((backup) =>
    backup.vmid === owner && backup.protected
  );
  if (kept.length >= MAX_PROTECTED) throw tooManyProtected(id);
}

/** Backups: AllocateSpace and VM.Backup; anything else Datastore.Allocate (FACTS §5). */
function checkRemovable(access: CallerAccess, volid: string): number | undefined {
  const { kind, owner } = kindOfName(volid);
  const path = `/storage/${storageOf(volid)}`;
  if (kind === "backup" && owner !== undefined) {
    access.check(path, ["Datastore.AllocateSpace"]);
    access.check(`/vms/${owner}`, ["VM.Backup"]);
  } else access.check(path, ["Datastore.Allocate"]);
  return owner;
}

/** Waits for a deletion that was given time: null when it went well, its error when it did not. */
async function settled(world: World, upid: string, seconds: number): Promise<string | null> {
  for (let waited = 0; waited < seconds * 1000; waited += 250) {
    const task = world.tasks.find(upid);
    if (task?.ended !== undefined) {
      const status = exitStatus(task);
      if (status === "OK") return null;
      throw failure(status);
    }
    await world.clock.sleep(250);
  }
  return upid;
}

function pruneRows(
  world: World,
  storage: Storage,
  params: {
    readonly vmid?: number | undefined;
    readonly type?: string | undefined;
    readonly "prune-backups"?: string | undefined;
  },
): { volid: string; vmid: number; ctime: number; type: string; mark: string }[] {
  if (params.type === "qemu") return [];
  const retention = parseRetention(params["prune-backups"] ?? storage.options.pruneBackups);
  const chosen = storage.backups().filter(({ vmid }) =>
    params.vmid === undefined || vmid === params.vmid
  );
  const rows = [...new Set(chosen.map(({ vmid }) => vmid))].flatMap((vmid) => {
    const group = chosen.filter((backup) => backup.vmid === vmid);
    const marks = pruneMarks(group, retention, world.node.timezone);
    return group.map(({ volid, ctime }) => ({
      volid,
      vmid,
      ctime,
      type: "lxc",
      mark: marks.get(volid) ?? "keep",
    }));
  });
  return rows.toSorted((a, b) => a.ctime - b.ctime);
}
