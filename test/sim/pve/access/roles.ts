/** Every privilege of Proxmox VE 9.2, by the group the built-in roles are made of. */
const GROUPS = {
  vmAdmin: [
    "VM.Allocate",
    "VM.Clone",
    "VM.Config.CPU",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.GuestAgent.Unrestricted",
    "VM.Migrate",
    "VM.Replicate",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
  ],
  vmUser: [
    "VM.Backup",
    "VM.Config.CDROM",
    "VM.Config.Cloudinit",
    "VM.Console",
    "VM.GuestAgent.FileRead",
    "VM.GuestAgent.FileSystemMgmt",
    "VM.GuestAgent.FileWrite",
    "VM.PowerMgmt",
  ],
  vmAudit: ["VM.Audit", "VM.GuestAgent.Audit"],
  sysRoot: ["Sys.AccessNetwork", "Sys.Incoming", "Sys.Modify", "Sys.PowerMgmt"],
  sysAdmin: ["Sys.Console", "Sys.Syslog"],
  sysAudit: ["Sys.Audit"],
  datastoreAdmin: ["Datastore.Allocate", "Datastore.AllocateTemplate"],
  datastoreUser: ["Datastore.AllocateSpace"],
  datastoreAudit: ["Datastore.Audit"],
  sdnAdmin: ["SDN.Allocate"],
  sdnUser: ["SDN.Use"],
  sdnAudit: ["SDN.Audit"],
  userRoot: ["Realm.Allocate", "Permissions.Modify"],
  userAdmin: ["Group.Allocate", "Realm.AllocateUser", "User.Modify"],
  poolAdmin: ["Pool.Allocate"],
  poolAudit: ["Pool.Audit"],
  mappingAdmin: ["Mapping.Modify"],
  mappingUser: ["Mapping.Use"],
  mappingAudit: ["Mapping.Audit"],
} as const;

type Group = keyof typeof GROUPS;

/** All privilege names. Asking for another one is a mistake in the simulator. */
export const PRIVILEGES: ReadonlySet<string> = new Set(Object.values(GROUPS).flat());

/** The roles every node has. The rest are made by the operator. */
export const BUILT_IN_ROLES: ReadonlyMap<string, readonly string[]> = new Map([
  ["Administrator", [...PRIVILEGES]],
  ["NoAccess", []],
  [
    "PVEAdmin",
    [...PRIVILEGES].filter((name) => !of("sysRoot", "userRoot").includes(name)),
  ],
  [
    "PVEAuditor",
    of("vmAudit", "sysAudit", "datastoreAudit", "sdnAudit", "poolAudit", "mappingAudit"),
  ],
  ["PVEDatastoreAdmin", of("datastoreAdmin", "datastoreUser", "datastoreAudit")],
  ["PVEDatastoreUser", of("datastoreUser", "datastoreAudit")],
  ["PVEMappingAdmin", of("mappingAdmin", "mappingUser", "mappingAudit")],
  ["PVEMappingAuditor", of("mappingAudit")],
  ["PVEMappingUser", of("mappingUser", "mappingAudit")],
  ["PVEPoolAdmin", of("poolAdmin", "poolAudit")],
  ["PVEPoolUser", of("poolAudit")],
  ["PVESDNAdmin", of("sdnAdmin", "sdnUser", "sdnAudit")],
  ["PVESDNUser", of("sdnUser", "sdnAudit")],
  ["PVESysAdmin", of("sysAdmin", "sysAudit")],
  ["PVETemplateUser", ["VM.Audit", "VM.Clone"]],
  ["PVEUserAdmin", of("userAdmin")],
  ["PVEVMAdmin", of("vmAdmin", "vmUser", "vmAudit")],
  ["PVEVMUser", of("vmUser", "vmAudit")],
]);

function of(...groups: readonly Group[]): readonly string[] {
  return groups.flatMap((group) => [...GROUPS[group]]);
}
