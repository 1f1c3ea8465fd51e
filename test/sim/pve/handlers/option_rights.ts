import type { CallerAccess } from "../call_context.ts";
import { failure, missingPrivilege, onlyRoot } from "../pve_error.ts";
import type { Section } from "../world/config_file.ts";
import { parseMountPoint, parseNewVolume } from "../world/mount_point.ts";
import { bridgePath } from "../world/property_paths.ts";
import { isTrue, parseProperties, type Properties } from "../world/property_string.ts";
import { kindOfName, refuseVolume } from "./volume_access.ts";

export interface OptionChange {
  readonly vmid: number;
  /** What the file says now; empty for a new guest. */
  readonly old: Section;
  /** New values, in normal form. */
  readonly values: ReadonlyMap<string, string>;
  readonly deletes: readonly string[];
  readonly unprivileged: boolean;
  /** A new guest's pool: VM.Allocate on it stands for rights on the guest. */
  readonly pool?: string | undefined;
}

const FLAT_RIGHTS: Readonly<Record<string, string>> = {
  cores: "VM.Config.CPU",
  cpuunits: "VM.Config.CPU",
  cpulimit: "VM.Config.CPU",
  memory: "VM.Config.Memory",
  swap: "VM.Config.Memory",
  nameserver: "VM.Config.Network",
  searchdomain: "VM.Config.Network",
  hostname: "VM.Config.Network",
};

/**
 * Whether the caller may set and delete those options: the rights of each (FACTS §3.3), and what
 * no token may ever.
 *
 * @throws {PveError} 403
 */
export function checkOptionRights(access: CallerAccess, change: OptionChange): void {
  for (const name of change.values.keys()) checkOne(access, change, name, false);
  for (const name of change.deletes) checkOne(access, change, name, true);
}

function checkOne(
  access: CallerAccess,
  change: OptionChange,
  name: string,
  deleted: boolean,
): void {
  const need = (privilege: string) => checkGuest(access, change, privilege);
  const before = change.old.get(name);
  const after = deleted ? undefined : change.values.get(name);
  if (name === "rootfs" || /^mp\d+$/.test(name)) {
    need("VM.Config.Disk");
    if (after !== undefined) checkMount(access, change.vmid, name, after);
  } else if (/^net\d+$/.test(name)) {
    need("VM.Config.Network");
    for (const net of [before, after]) if (net !== undefined) checkBridge(access, net);
  } else if (/^dev\d+$/.test(name)) {
    throw onlyRoot("configuring device passthrough");
  } else if (name === "features") {
    checkFeatures(change, before, after, () => need("VM.Allocate"));
  } else if (name === "hookscript") {
    throw onlyRoot("changing the hookscript");
  } else {
    need(FLAT_RIGHTS[name] ?? "VM.Config.Options");
  }
}

/** @throws {PveError} 403, naming the pool where the guest is made in one */
export function checkGuest(
  access: CallerAccess,
  where: { readonly vmid: number; readonly pool?: string | undefined },
  privilege: string,
): void {
  const path = `/vms/${where.vmid}`;
  if (access.allows(path, [privilege])) return;
  if (where.pool !== undefined && access.allows(`/pool/${where.pool}`, [privilege])) return;
  throw missingPrivilege(path, [privilege]);
}

function checkMount(access: CallerAccess, vmid: number, name: string, text: string): void {
  const mount = parseMountPoint(name, text);
  if (mount.type !== "volume") throw onlyRoot(`mount point type ${mount.type}`);
  const wanted = parseNewVolume(mount.volume);
  if (wanted !== undefined) {
    access.check(`/storage/${wanted.storage}`, ["Datastore.AllocateSpace"]);
    return;
  }
  if (!mount.volume.includes(":")) {
    throw failure("Only root can pass arbitrary filesystem paths.");
  }
  const named = kindOfName(mount.volume);
  if (named.owner === vmid) return;
  const refused = refuseVolume(access, mount.volume, named);
  if (refused !== undefined) throw refused;
}

/** SDN.Use on the bridge an interface hangs on (FACTS §3.3). */
function checkBridge(access: CallerAccess, net: string): void {
  const path = bridgePath(net);
  if (path !== undefined) access.check(path, ["SDN.Use"]);
}

function checkFeatures(
  change: OptionChange,
  before: string | undefined,
  after: string | undefined,
  needAllocate: () => void,
): void {
  if (!change.unprivileged) {
    throw onlyRoot("changing feature flags for privileged container");
  }
  const changed = changedFeatures(parseProperties(before ?? ""), parseProperties(after ?? ""), {
    deleted: after === undefined,
  });
  if (changed === "other") throw onlyRoot("changing feature flags (except nesting)");
  if (changed === "nesting") needAllocate();
}

/**
 * What a change of the features amounts to. Where there is nothing to compare with, all but
 * `nesting=1` alone is other, `nesting=0` too.
 */
function changedFeatures(
  old: Properties,
  next: Properties,
  options: { readonly deleted: boolean },
): "none" | "nesting" | "other" {
  if (options.deleted || old.size === 0) {
    const flags = options.deleted ? old : next;
    if (flags.size === 0) return "none";
    return flags.size === 1 && isTrue(flags.get("nesting")) ? "nesting" : "other";
  }
  const changed = [...new Set([...old.keys(), ...next.keys()])].filter((flag) =>
    flagValue(old.get(flag)) !== flagValue(next.get(flag))
  );
  if (changed.some((flag) => flag !== "nesting")) return "other";
  return changed.length > 0 ? "nesting" : "none";
}

function flagValue(value: string | undefined): string {
  if (value === undefined) return "";
  if (/^(?:0|off|no|false)$/i.test(value)) return "0";
  return isTrue(value) ? "1" : value;
}
