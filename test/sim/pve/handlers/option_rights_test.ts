import { assertEquals, assertThrows } from "@std/assert";
import { AccessControl } from "../access/access_control.ts";
import { PveError } from "../pve_error.ts";
import { checkOptionRights, type OptionChange } from "./option_rights.ts";

const TOKEN = { user: "agent@pve", token: "main", full: "agent@pve!main" };

interface Row {
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
  /** What the guest's file says now. */
  readonly old?: Readonly<Record<string, string>>;
  readonly privileged?: true;
  readonly pool?: string;
  /** Privileges held, by path. */
  readonly holds?: Readonly<Record<string, readonly string[]>>;
  /** What stands between the parentheses of the 403; nothing where it is allowed. */
  readonly refused?: string;
}

const BRIDGE = "/sdn/zones/localnetwork/vmbr0";
const NET = "name=eth0,bridge=vmbr0";
const ONLY_NESTING = "changing feature flags (except nesting) is only allowed for root@pam";

/** FACTS §3.3; captures err-config-*, put-*, err-403-config-put-*. */
const ROWS: Readonly<Record<string, Row>> = {
  "cores": { set: { cores: "1" }, refused: "/vms/101, VM.Config.CPU" },
  "cpulimit": { set: { cpulimit: "1" }, refused: "/vms/101, VM.Config.CPU" },
  "memory": { set: { memory: "64" }, refused: "/vms/101, VM.Config.Memory" },
  "swap removed": { remove: ["swap"], refused: "/vms/101, VM.Config.Memory" },
  "hostname": { set: { hostname: "a" }, refused: "/vms/101, VM.Config.Network" },
  "tags": { set: { tags: "a" }, refused: "/vms/101, VM.Config.Options" },
  "an option that is not named": { set: { onboot: "1" }, refused: "/vms/101, VM.Config.Options" },
  "unused volume removed": { remove: ["unused0"], refused: "/vms/101, VM.Config.Options" },
  "memory with the right": { set: { memory: "64" }, holds: { "/vms": ["VM.Config.Memory"] } },
  "net without the right": { set: { net0: NET }, refused: "/vms/101, VM.Config.Network" },
  "net without the bridge": {
    set: { net0: NET },
    holds: { "/vms": ["VM.Config.Network"] },
    refused: `${BRIDGE}, SDN.Use`,
  },
  "net with both": {
    set: { net0: NET },
    holds: { "/vms": ["VM.Config.Network"], [BRIDGE]: ["SDN.Use"] },
  },
  "net on a VLAN asks for the VLAN": {
    set: { net0: `${NET},tag=7` },
    holds: { "/vms": ["VM.Config.Network"] },
    refused: `${BRIDGE}/7, SDN.Use`,
  },
  "the bridge that is left counts too": {
    set: { net0: "name=eth0,bridge=vmbr1" },
    old: { net0: NET },
    holds: { "/vms": ["VM.Config.Network"], "/sdn/zones/localnetwork/vmbr1": ["SDN.Use"] },
    refused: `${BRIDGE}, SDN.Use`,
  },
  "removing net needs its bridge": {
    remove: ["net0"],
    old: { net0: NET },
    holds: { "/vms": ["VM.Config.Network"] },
    refused: `${BRIDGE}, SDN.Use`,
  },
  "a new volume": {
    set: { mp0: "local:8,mp=/a" },
    holds: { "/vms": ["VM.Config.Disk"] },
    refused: "/storage/local, Datastore.AllocateSpace",
  },
  "a new volume with space": {
    set: { mp0: "local:8,mp=/a" },
    holds: { "/vms": ["VM.Config.Disk"], "/storage/local": ["Datastore.AllocateSpace"] },
  },
  "the guest's own volume": {
    set: { mp0: "local:101/vm-101-disk-1.raw,mp=/a" },
    holds: { "/vms": ["VM.Config.Disk"] },
  },
  "a bind mount": {
    set: { mp0: "/srv,mp=/srv" },
    holds: { "/vms": ["VM.Config.Disk"] },
    refused: "mount point type bind is only allowed for root@pam",
  },
  "the same bind mount again": {
    set: { mp0: "/srv,mp=/srv" },
    old: { mp0: "/srv,mp=/srv" },
    holds: { "/vms": ["VM.Config.Disk"] },
    refused: "mount point type bind is only allowed for root@pam",
  },
  "a bind mount removed": {
    remove: ["mp0"],
    old: { mp0: "/srv,mp=/srv" },
    holds: { "/vms": ["VM.Config.Disk"] },
  },
  "a device as mount": {
    set: { mp0: "/dev/sda,mp=/a" },
    holds: { "/vms": ["VM.Config.Disk"] },
    refused: "mount point type device is only allowed for root@pam",
  },
  "a device passed through": {
    set: { dev0: "/dev/null" },
    holds: { "/": ["VM.Config.Options"] },
    refused: "configuring device passthrough is only allowed for root@pam",
  },
  "a hookscript": {
    set: { hookscript: "local:snippets/x" },
    holds: { "/": ["VM.Config.Options"] },
    refused: "changing the hookscript is only allowed for root@pam",
  },
  "nesting needs VM.Allocate": {
    set: { features: "nesting=1" },
    refused: "/vms/101, VM.Allocate",
  },
  "nesting with it": { set: { features: "nesting=1" }, holds: { "/vms": ["VM.Allocate"] } },
  "keyctl": { set: { features: "keyctl=1" }, refused: ONLY_NESTING },
  "keyctl beside nesting": { set: { features: "nesting=1,keyctl=1" }, refused: ONLY_NESTING },
  "nesting switched off on a guest without features": {
    set: { features: "nesting=0" },
    holds: { "/vms": ["VM.Allocate"] },
    refused: ONLY_NESTING,
  },
  "the same features in another order": {
    set: { features: "keyctl=1,nesting=1" },
    old: { features: "nesting=1,keyctl=1" },
  },
  "nesting changed beside unchanged keyctl": {
    set: { features: "keyctl=1" },
    old: { features: "nesting=1,keyctl=1" },
    refused: "/vms/101, VM.Allocate",
  },
  "keyctl dropped": {
    set: { features: "nesting=1" },
    old: { features: "nesting=1,keyctl=1" },
    refused: ONLY_NESTING,
  },
  "features with keyctl removed": {
    remove: ["features"],
    old: { features: "nesting=1,keyctl=1" },
    refused: ONLY_NESTING,
  },
  "features with nesting alone removed": {
    remove: ["features"],
    old: { features: "nesting=1" },
    refused: "/vms/101, VM.Allocate",
  },
  "features of a privileged guest": {
    set: { features: "nesting=1" },
    privileged: true,
    holds: { "/": ["VM.Allocate"] },
    refused: "changing feature flags for privileged container is only allowed for root@pam",
  },
  "a pool's right stands for the guest's": {
    set: { memory: "64" },
    pool: "prod",
    holds: { "/pool/prod": ["VM.Config.Memory"] },
  },
};

Deno.test("each option asks for its right, and some are root's alone", async (t) => {
  for (const [name, row] of Object.entries(ROWS)) {
    await t.step(name, () => {
      const check = () => checkOptionRights(accessWith(row.holds ?? {}), changeOf(row));
      if (row.refused === undefined) return check();
      const thrown = assertThrows(check, PveError);
      assertEquals(
        [thrown.status, thrown.message],
        [403, `Permission check failed (${row.refused})`],
      );
    });
  }
});

function changeOf(row: Row): OptionChange {
  return {
    vmid: 101,
    old: new Map(Object.entries(row.old ?? {})),
    values: new Map(Object.entries(row.set ?? {})),
    deletes: row.remove ?? [],
    unprivileged: row.privileged !== true,
    pool: row.pool,
  };
}

function accessWith(holds: Readonly<Record<string, readonly string[]>>) {
  const access = new AccessControl({ now: () => 0 });
  access.identities.setUser(TOKEN.user);
  access.identities.setToken(TOKEN.full, { secret: "s", privsep: false });
  access.pools.add("prod");
  for (const [index, [path, privileges]] of Object.entries(holds).entries()) {
    access.setRole(`Role${index}`, privileges);
    access.acl.grant({ path, role: `Role${index}`, to: TOKEN.user });
  }
  return access.accessOf(TOKEN);
}
