import type { CallContext } from "../call_context.ts";
import type { Handlers, ParamsOf } from "../contract/endpoints.ts";
import { badParameters, failure, forbidden, PveError } from "../pve_error.ts";
import { alreadyExists, createGuest, storagesOf } from "../world/create.ts";
import { refuseProtected } from "../world/config_stage.ts";
import { destroyGuest } from "../world/destroy.ts";
import { MOUNT_KEY } from "../world/mount_point.ts";
import { optionsAmong } from "../world/option_normal_form.ts";
import type { World } from "../world/world.ts";
import { checkOptionRights } from "./option_rights.ts";
import { kindOfName, refuseVolume } from "./volume_access.ts";

const CREATE = "POST /nodes/{node}/lxc";
type CreateParams = ParamsOf<typeof CREATE>;

/** Making and destroying guests (FACTS §3.4, §3.8). */
export function lifecycleHandlers(
  world: World,
): Pick<Handlers, typeof CREATE | "DELETE /nodes/{node}/lxc/{vmid}"> {
  return {
    [CREATE]: (params, context) => create(world, params, context),
    "DELETE /nodes/{node}/lxc/{vmid}": (params, { identity }) =>
      destroyGuest(world, {
        vmid: params.vmid,
        user: identity.full,
        force: params.force ?? false,
        purge: params.purge ?? false,
        unreferenced: params["destroy-unreferenced-disks"] ?? false,
      }),
  };
}

async function create(
  world: World,
  params: CreateParams,
  { access, identity }: CallContext,
): Promise<string> {
  const { vmid, pool, restore = false, force = false, unprivileged } = params;
  checkVmid(world, { vmid, replaces: restore && force });
  checkMayCreate(world, params, access);
  if (params["ha-managed"] === true) access.check("/", ["Sys.Console"]);
  const storage = params.storage ?? "local";
  const all = optionsAmong(params, world.random);
  all.delete("unprivileged");
  const mounts = new Map<string, string>();
  const options = new Map<string, string>();
  for (const [key, value] of all) {
    if (key.startsWith("unused")) continue;
    if (!MOUNT_KEY.test(key)) options.set(key, value);
    else mounts.set(key, value);
  }
  checkOptionRights(access, {
    vmid,
    old: new Map(),
    values: all,
    deletes: [],
    unprivileged: unprivileged ?? !restore,
    pool,
  });
  if (unprivileged === false) access.check("/", ["Sys.Modify"]);
  checkArchive(access, { volid: params.ostemplate, restore, vmid });
  if (mounts.size > 0 && !mounts.has("rootfs")) {
    throw failure("mount points configured, but 'rootfs' not set - aborting");
  }
  for (const id of mounts.size > 0 ? storagesOf(mounts) : [storage]) {
    checkTarget(world, access, id);
  }
  return await createGuest(world, {
    vmid,
    user: identity.full,
    access,
    archive: params.ostemplate,
    restore,
    force,
    unique: params.unique ?? false,
    storage,
    mounts,
    options,
    unprivileged,
    pool,
    start: params.start ?? false,
  });
}

function checkVmid(
  world: World,
  { vmid, replaces }: { readonly vmid: number; readonly replaces: boolean },
): void {
  const existing = world.guests.get(vmid);
  if (existing === undefined) return;
  if (!replaces) throw alreadyExists(world, vmid);
  if (existing.running !== undefined) throw failure("can't overwrite running container");
  refuseProtected(existing.config, `unable to restore CT ${vmid}`);
}

/** VM.Allocate on the guest or its pool; over an existing guest VM.Backup does as well. */
function checkMayCreate(
  world: World,
  params: CreateParams,
  access: CallContext["access"],
): void {
  const { vmid, pool, restore = false, force = false } = params;
  if (pool !== undefined && world.pools.get(pool) === undefined) {
    throw forbidden(`pool '${pool}' does not exist`);
  }
  if (access.allows(`/vms/${vmid}`, ["VM.Allocate"])) return;
  if (pool !== undefined && access.allows(`/pool/${pool}`, ["VM.Allocate"])) return;
  const replaces = restore && force && world.guests.has(vmid);
  if (replaces && access.allows(`/vms/${vmid}`, ["VM.Backup"])) return;
  throw forbidden();
}

function checkArchive(
  access: CallContext["access"],
  archive: { readonly volid: string; readonly restore: boolean; readonly vmid: number },
): void {
  const { volid, restore, vmid } = archive;
  if (!volid.includes(":")) throw failure("Only root can pass arbitrary filesystem paths.");
  const wanted = restore ? "backup" : "vztmpl";
  if (!volid.includes(`:${wanted}/`)) {
    throw failure(`unable to use volume ${volid} - content type needs to be '${wanted}'`);
  }
  const { kind, owner } = kindOfName(volid);
  const refused = refuseVolume(access, volid, { kind, owner });
  // Who may restore onto a guest may use that guest's own backups (FACTS §3.4).
  const isOwn = owner === vmid;
  if (refused === undefined) return;
  if (isOwn && refused instanceof PveError && refused.message.includes("VM.Backup")) return;
  throw refused;
}

function checkTarget(world: World, access: CallContext["access"], id: string): void {
  const storage = world.storage(id);
  if (!storage.enabled) throw failure(`storage '${id}' is disabled`);
  if (!storage.holds("rootdir")) {
    throw badParameters({ storage: `storage '${id}' does not support container directories` });
  }
  access.check(`/storage/${id}`, ["Datastore.AllocateSpace"]);
  storage.activate();
}
