import type { CallContext } from "../call_context.ts";
import type { Handlers, ParamsOf } from "../contract/endpoints.ts";
import { badParameters, failure } from "../pve_error.ts";
import { renderConfig } from "../world/config_file.ts";
import { guestName } from "../world/guest.ts";
import { splitList } from "../world/text_forms.ts";
import { storageOf } from "../world/volume.ts";
import { startBackupJob } from "../world/vzdump.ts";
import type { World } from "../world/world.ts";
import { kindOfName, refuseVolume } from "./volume_access.ts";

const VZDUMP = "POST /nodes/{node}/vzdump";
type VzdumpParams = ParamsOf<typeof VZDUMP>;

type VzdumpHandlers = Pick<
  Handlers,
  | typeof VZDUMP
  | "GET /nodes/{node}/vzdump/defaults"
  | "GET /nodes/{node}/vzdump/extractconfig"
>;

const SUFFIX = { "0": "tar", "1": "tar.lzo", gzip: "tar.gz", lzo: "tar.lzo", zstd: "tar.zst" };

/** Backups (FACTS §4). */
export function vzdumpHandlers(world: World): VzdumpHandlers {
  return {
    [VZDUMP]: (params, context) => vzdump(world, params, context),
    "GET /nodes/{node}/vzdump/defaults": (params, { access }) => {
      const storage = params.storage ?? "local";
      access.check(`/storage/${storage}`, ["Datastore.Audit", "Datastore.AllocateSpace"], {
        any: true,
      });
      const prune = world.storage(storage).options.pruneBackups ?? "keep-all=1";
      return { storage, mode: "snapshot", "prune-backups": prune };
    },
    "GET /nodes/{node}/vzdump/extractconfig": ({ volume }, { access }) => {
      const { kind, owner } = kindOfName(volume);
      const refused = refuseVolume(access, volume, { kind, owner });
      if (refused !== undefined) throw refused;
      const storage = world.storage(storageOf(volume));
      storage.activate();
      const backup = storage.backup(volume);
      if (backup === undefined) throw failure(`volume '${volume}' does not exist`);
      return renderConfig(backup.config);
    },
  };
}

/** Parameters no token may give (FACTS §4). */
const ROOT_ONLY = ["tmpdir", "dumpdir", "script", "job-id"] as const;
/** Parameters that change how the whole node works. */
const NODE_WIDE = ["bwlimit", "ionice", "performance"] as const;

function vzdump(world: World, params: VzdumpParams, { access, identity }: CallContext): string {
  for (const name of ROOT_ONLY) {
    if (params[name] !== undefined) {
      throw badParameters({ [name]: "Only root may set this option." });
    }
  }
  const storage = params.storage ?? "local";
  if (params["prune-backups"] !== undefined) {
    access.check(`/storage/${storage}`, ["Datastore.Allocate"]);
  }
  if (NODE_WIDE.some((name) => params[name] !== undefined)) access.check("/", ["Sys.Modify"]);
  if (params.stop === true) access.check(`/nodes/${world.node.name}`, ["Sys.Modify"]);
  access.check(`/storage/${storage}`, ["Datastore.AllocateSpace"]);
  checkSelection(params);
  checkNotes(params["notes-template"]);
  const vmids = select(world, params, access);
  if (params.stop === true) {
    for (const task of world.tasks.all()) {
      if (task.type === "vzdump" && task.ended === undefined) void world.tasks.abort(task.upid);
    }
  }
  if (vmids.length === 0) return "OK";
  const notes = params["notes-template"];
  return startBackupJob(world, {
    user: identity.full,
    access,
    vmids,
    given: givenOptions(world, params),
    storage,
    mode: params.mode ?? "snapshot",
    suffix: SUFFIX[params.compress ?? "0"],
    remove: params.remove ?? true,
    prune: params["prune-backups"],
    notes: notes === undefined ? undefined : (vmid) => expandNotes(world, notes, vmid),
    protected: params.protected ?? false,
    lockwait: params.lockwait ?? 180,
    stopwait: params.stopwait ?? 10,
  });
}

/** @throws {PveError} 400 when nothing, or two things at once, say what to back up */
function checkSelection(params: VzdumpParams): void {
  const { vmid, all, pool, exclude, stop } = params;
  if (vmid === undefined && all !== true && pool === undefined && stop !== true) {
    throw badParameters({ vmid: "property is missing and it is not optional" });
  }
  if (vmid !== undefined && all === true) {
    throw badParameters({ all: "option conflicts with option 'vmid'" });
  }
  if (exclude !== undefined && vmid !== undefined) {
    throw badParameters({ exclude: "option conflicts with option 'vmid'" });
  }
  if (pool !== undefined && vmid !== undefined) {
    throw badParameters({ pool: "option conflicts with option 'vmid'" });
  }
}

function select(world: World, params: VzdumpParams, access: CallContext["access"]): number[] {
  const excluded = new Set(splitList(params.exclude ?? "").map(Number));
  if (params.vmid !== undefined) {
    return [...new Set(splitList(params.vmid).map(Number))].toSorted((a, b) => a - b);
  }
  const pool = params.pool === undefined ? undefined : world.pools.get(params.pool);
  if (params.pool !== undefined && pool === undefined) {
    throw failure(`pool '${params.pool}' does not exist`);
  }
  if (params.all !== true && pool === undefined) return [];
  return [...world.guests.keys()].toSorted((a, b) => a - b)
    .filter((vmid) => pool === undefined || pool.guests.has(vmid))
    .filter((vmid) => !excluded.has(vmid))
    // Without a list, guests one may not back up are passed over.
    .filter((vmid) => access.allows(`/vms/${vmid}`, ["VM.Backup"]));
}

const NOTE_VARIABLES = new Set(["cluster", "guestname", "node", "vmid"]);

function checkNotes(template: string | undefined): void {
  if (template === undefined) return;
  if (template.includes("\n")) {
    throw badParameters({ "notes-template": "contains unescaped newline" });
  }
  for (const match of template.matchAll(/\{\{(.*?)\}\}/g)) {
    if (!NOTE_VARIABLES.has(match[1] ?? "")) {
      throw badParameters({ "notes-template": `invalid variable '${match[1]}'` });
    }
  }
}

function expandNotes(world: World, template: string, vmid: number): string {
  const guest = world.guests.get(vmid);
  const values: Readonly<Record<string, string>> = {
    cluster: "standalone node",
    guestname: guest === undefined ? "" : guestName(guest),
    node: world.node.name,
    vmid: String(vmid),
  };
  return template
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? "")
    .replace(/\\(\\|n)/g, (_, escaped: string) => escaped === "n" ? "\n" : "\\");
}

function givenOptions(world: World, params: VzdumpParams): (readonly [string, string])[] {
  const { vmid: _vmid, node: _node, ...rest } = params;
  const options = Object.entries(rest).filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, optionText(value)] as const);
  return [...options, ["node", world.node.name]];
}

function optionText(value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return Array.isArray(value) ? value.map(String).join(" ") : String(value);
}
