import type { CallerAccess } from "../call_context.ts";
import { failure, forbidden, missingPrivilege } from "../pve_error.ts";
import type { StoredFile } from "../world/volume.ts";
import { parseBackupName, storageOf } from "../world/volume.ts";

/**
 * Why the caller may not see or use a volume; `undefined` when he may (FACTS §5). Backups need
 * AllocateSpace and VM.Backup on their owner; disks Datastore.Audit and VM.Config.Disk on theirs;
 * templates AllocateSpace or Audit; Datastore.Allocate sees all.
 */
export function refuseVolume(
  access: CallerAccess,
  volid: string,
  options: { readonly kind: StoredFile["kind"]; readonly owner?: number | undefined },
): Error | undefined {
  const path = `/storage/${storageOf(volid)}`;
  if (access.allows(path, ["Datastore.Allocate"])) return undefined;
  const { kind, owner } = options;
  switch (kind) {
    case "template": {
      const either = ["Datastore.AllocateSpace", "Datastore.Audit"];
      return access.allows(path, either, { any: true })
        ? undefined
        : missingPrivilege(path, either);
    }
    case "backup": {
      const space = ["Datastore.AllocateSpace"];
      if (!access.allows(path, space)) return missingPrivilege(path, space);
      return onOwner(access, owner, "VM.Backup");
    }
    case "disk": {
      const audit = ["Datastore.Audit"];
      if (!access.allows(path, audit)) return missingPrivilege(path, audit);
      return onOwner(access, owner, "VM.Config.Disk");
    }
  }
}

function onOwner(
  access: CallerAccess,
  owner: number | undefined,
  privilege: string,
): Error | undefined {
  if (owner === undefined) return forbidden();
  const path = `/vms/${owner}`;
  return access.allows(path, [privilege]) ? undefined : missingPrivilege(path, [privilege]);
}

/** What a volume's name says it is, whether it exists or not. */
export function kindOfName(volid: string): { kind: StoredFile["kind"]; owner: number | undefined } {
  if (volid.includes(":backup/")) return { kind: "backup", owner: parseBackupName(volid)?.vmid };
  if (volid.includes(":vztmpl/")) return { kind: "template", owner: undefined };
  const owner = /(?:vm|subvol)-(\d+)-/.exec(volid)?.[1];
  if (owner === undefined) throw failure(`unable to parse volume ID '${volid}'`);
  return { kind: "disk", owner: Number(owner) };
}
