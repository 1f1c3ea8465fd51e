import type { AccessControl } from "../access/access_control.ts";

/**
 * The least that the agent needs, as the README tells an operator to make it (FACTS §7.8): one
 * role for each kind of path, for the user and for its token, and nothing on `/`.
 */
export const LEAST_PRIVILEGE = {
  FelhomGuests: [
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CPU",
    "VM.Config.Disk",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.PowerMgmt",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
  ],
  FelhomStorage: ["Datastore.AllocateSpace", "Datastore.Audit"],
  FelhomBridge: ["SDN.Use"],
  FelhomNode: ["Sys.Audit"],
} as const satisfies Record<string, readonly string[]>;

/** Grants it to a user and to tokens of his. */
export function grantLeastPrivilege(
  access: AccessControl,
  options: {
    readonly to: readonly string[];
    readonly node: string;
    readonly storages: readonly string[];
    readonly bridges: readonly string[];
  },
): void {
  for (const [role, privileges] of Object.entries(LEAST_PRIVILEGE)) {
    access.setRole(role, privileges);
  }
  for (const to of options.to) {
    access.acl.grant({ path: "/vms", role: "FelhomGuests", to });
    access.acl.grant({ path: `/nodes/${options.node}`, role: "FelhomNode", to });
    for (const storage of options.storages) {
      access.acl.grant({ path: `/storage/${storage}`, role: "FelhomStorage", to });
    }
    for (const bridge of options.bridges) {
      access.acl.grant({ path: `/sdn/zones/localnetwork/${bridge}`, role: "FelhomBridge", to });
    }
  }
}
