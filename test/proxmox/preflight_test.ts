import { assertEquals } from "@std/assert";
import { judgePermissions, type Permissions, type PreflightScope } from "../../src/proxmox/mod.ts";

const TOKEN = "felhom@pve!agent";
const SCOPE: PreflightScope = { node: "pve", storages: ["local"], bridges: ["vmbr0"] };

const GUESTS = [
  ...["VM.Allocate", "VM.Audit", "VM.Backup", "VM.Clone", "VM.Config.CPU", "VM.Config.Disk"],
  ...["VM.Config.Memory", "VM.Config.Network", "VM.Config.Options", "VM.PowerMgmt"],
  ...["VM.Snapshot", "VM.Snapshot.Rollback"],
];

function all(privileges: readonly string[], inherited: boolean): Record<string, boolean> {
  return Object.fromEntries(privileges.map((privilege) => [privilege, inherited]));
}

/** What the README's commands grant. */
function granted(): Record<string, Record<string, boolean>> {
  return {
    "/vms": all(GUESTS, true),
    "/nodes/pve": all(["Sys.Audit"], true),
    "/storage/local": all(["Datastore.AllocateSpace", "Datastore.Audit"], true),
    "/sdn/zones/localnetwork/vmbr0": all(["SDN.Use"], true),
  };
}

function judge(token: Permissions, owner: Permissions | undefined = undefined) {
  return judgePermissions({ tokenId: TOKEN, token, owner }, SCOPE);
}

Deno.test("what the README grants is enough and not too much", () => {
  assertEquals(judge(granted()), { ok: true, missing: [], excess: [], commands: [] });
});

Deno.test("a right that is not handed on to paths below is a right, but not one on all guests", () => {
  const exact = {
    ...granted(),
    "/storage/local": all(["Datastore.AllocateSpace", "Datastore.Audit"], false),
  };
  assertEquals(judge(exact).ok, true);
  const guests = { ...granted(), "/vms": { ...all(GUESTS, true), "VM.Backup": false } };
  assertEquals(judge(guests).missing, [
    { path: "/vms", privilege: "VM.Backup", holder: "token or user" },
  ]);
});

Deno.test("each missing right is named with who lacks it, and the commands that grant it", () => {
  const token = granted();
  delete token["/vms"]?.["VM.Snapshot"];
  delete token["/sdn/zones/localnetwork/vmbr0"];
  const owner = granted();
  delete owner["/sdn/zones/localnetwork/vmbr0"];
  const { ok, missing, commands } = judge(token, owner);
  assertEquals(ok, false);
  assertEquals(missing, [
    { path: "/vms", privilege: "VM.Snapshot", holder: "token" },
    { path: "/sdn/zones/localnetwork/vmbr0", privilege: "SDN.Use", holder: "user" },
  ]);
  const guests = `'${GUESTS.join(" ")}'`;
  assertEquals(commands, [
    `pveum role add FelhomGuests --privs ${guests} || pveum role modify FelhomGuests --privs ${guests}`,
    "pveum role add FelhomBridge --privs SDN.Use || pveum role modify FelhomBridge --privs SDN.Use",
    "pveum acl modify /vms --roles FelhomGuests --users felhom@pve --tokens 'felhom@pve!agent'",
    "pveum acl modify /sdn/zones/localnetwork/vmbr0 --roles FelhomBridge --users felhom@pve " +
    "--tokens 'felhom@pve!agent'",
  ]);
});

Deno.test("nothing granted at all: everything is missing, everything is granted", () => {
  const { missing, commands } = judge({});
  assertEquals(missing.length, GUESTS.length + 4);
  assertEquals(commands.length, 8);
});

Deno.test("anything on / is too much, and said once", () => {
  const everywhere = all([...GUESTS, "Datastore.Allocate", "Sys.Modify"], true);
  const { ok, excess } = judge({
    ...granted(),
    "/": everywhere,
    "/access": everywhere,
    "/pool": everywhere,
  });
  assertEquals(ok, false);
  assertEquals(excess.map(({ path }) => path), Object.keys(everywhere).map(() => "/"));
});

for (
  const [path, privilege] of [
    ["/storage/local", "Datastore.Allocate"],
    ["/nodes/pve", "Sys.Modify"],
    ["/vms", "Permissions.Modify"],
    ["/vms/101", "VM.Console"],
    ["/storage/other", "Datastore.Audit"],
    ["/access", "Sys.Audit"],
    ["/", "Sys.Audit"],
  ] as const
) {
  Deno.test(`${privilege} on ${path} is too much, inherited or not`, () => {
    for (const inherited of [true, false]) {
      const base = granted();
      const guest = path === "/vms/101" ? all(GUESTS, true) : {};
      const token = { ...base, [path]: { ...guest, ...base[path], [privilege]: inherited } };
      const { excess, commands, ok } = judge(token);
      assertEquals([ok, excess], [false, [{ path, privilege }]]);
      assertEquals(commands, [
        `pveum acl delete ${path} --roles ROLE --users felhom@pve --tokens 'felhom@pve!agent' ` +
        "# ROLE: as pveum acl list shows it for this path",
      ]);
    }
  });
}

Deno.test("rights on storages and bridges are not too much while the configuration names none", () => {
  const scope = { node: "pve", storages: [], bridges: [] };
  const judged = (token: Permissions) =>
    judgePermissions({ tokenId: TOKEN, token, owner: undefined }, scope).excess;
  assertEquals(judged(granted()), []);
  const more = {
    ...granted(),
    "/storage/local": all(["Datastore.Allocate", "Datastore.Audit"], true),
    "/storage": all(["Datastore.Audit"], true),
    "/sdn/zones/localnetwork/vmbr0": all(["SDN.Allocate", "SDN.Use"], true),
  };
  assertEquals(judged(more), [
    { path: "/sdn/zones/localnetwork/vmbr0", privilege: "SDN.Allocate" },
    { path: "/storage", privilege: "Datastore.Audit" },
    { path: "/storage/local", privilege: "Datastore.Allocate" },
  ]);
});

Deno.test("an entry of a guest's own hides what /vms grants, and is named", () => {
  const { ok, missing } = judge({ ...granted(), "/vms/101": all(GUESTS.slice(1), true) });
  assertEquals(ok, false);
  assertEquals(missing, [{ path: "/vms/101", privilege: "VM.Allocate", holder: "token or user" }]);
});

Deno.test("a name from outside cannot run a command of its own", () => {
  const scope = { node: "pve", storages: ["x'; rm -rf /; '"], bridges: [] };
  const { commands } = judgePermissions({ tokenId: TOKEN, token: {}, owner: undefined }, scope);
  assertEquals(
    commands.at(-1),
    `pveum acl modify '/storage/x'\\''; rm -rf /; '\\''' --roles FelhomStorage --users felhom@pve ` +
      "--tokens 'felhom@pve!agent'",
  );
});
