import { assertEquals, assertThrows } from "@std/assert";
import { PveError } from "../pve_error.ts";
import { AccessControl } from "./access_control.ts";
import type { Grant } from "./acl.ts";

const USER = "agent@pve";
const TOKEN = "agent@pve!main";

interface Row {
  readonly grants: readonly Grant[];
  readonly id?: string;
  readonly privsep?: boolean;
  readonly groups?: readonly string[];
  /** Path → what the identity holds there; 0 grants as well. */
  readonly holds: Readonly<Record<string, Readonly<Record<string, 0 | 1>>>>;
}

const reader: Readonly<Record<string, 0 | 1>> = { "VM.Audit": 1 };
const power: Readonly<Record<string, 0 | 1>> = { "VM.PowerMgmt": 1 };

const ROWS: Readonly<Record<string, Row>> = {
  "a grant reaches what lies below": {
    grants: [{ path: "/vms", role: "Reader", to: USER }],
    id: USER,
    holds: { "/vms": reader, "/vms/101": reader, "/": {}, "/storage/x": {} },
  },
  "a grant that does not propagate holds on its path alone, with 0": {
    grants: [{ path: "/vms", role: "Reader", to: USER, propagate: false }],
    id: USER,
    holds: { "/vms": { "VM.Audit": 0 }, "/vms/101": {} },
  },
  "a grant further down replaces what came from above": {
    grants: [
      { path: "/vms", role: "Reader", to: USER },
      { path: "/vms/101", role: "Power", to: USER },
    ],
    id: USER,
    holds: { "/vms/101": power, "/vms/102": reader },
  },
  "NoAccess leaves nothing": {
    grants: [
      { path: "/vms", role: "Reader", to: USER },
      { path: "/vms/101", role: "Reader", to: USER },
      { path: "/vms/101", role: "NoAccess", to: USER },
    ],
    id: USER,
    holds: { "/vms/101": {}, "/vms/102": reader },
  },
  "a user's own grant hides those of his groups on the same path": {
    grants: [
      { path: "/vms", role: "Power", to: "@ops" },
      { path: "/vms/101", role: "Reader", to: USER },
      { path: "/vms/101", role: "Power", to: "@ops" },
    ],
    groups: ["ops"],
    id: USER,
    holds: { "/vms": power, "/vms/101": reader },
  },
  "a token without separation has its owner's rights": {
    grants: [{ path: "/vms", role: "Reader", to: USER }],
    privsep: false,
    holds: { "/vms/101": reader },
  },
  "a separated token without grants has nothing": {
    grants: [{ path: "/vms", role: "Reader", to: USER }],
    holds: { "/vms/101": {} },
  },
  "a separated token has only what its owner has as well": {
    grants: [
      { path: "/", role: "Reader", to: USER },
      { path: "/vms", role: "Reader", to: TOKEN },
      { path: "/vms", role: "Power", to: TOKEN },
    ],
    holds: { "/vms/101": reader, "/": {} },
  },
  "both have to propagate for a 1": {
    grants: [
      { path: "/vms/101", role: "Reader", to: USER, propagate: false },
      { path: "/vms", role: "Reader", to: TOKEN },
    ],
    holds: { "/vms/101": { "VM.Audit": 0 } },
  },
  "a token inherits no group's grants of its own": {
    grants: [
      { path: "/vms", role: "Reader", to: "@ops" },
      { path: "/vms", role: "Power", to: TOKEN },
    ],
    groups: ["ops"],
    holds: { "/vms/101": {} },
  },
  "its owner's groups count on the owner's side": {
    grants: [
      { path: "/vms", role: "Reader", to: "@ops" },
      { path: "/vms", role: "Reader", to: TOKEN },
    ],
    groups: ["ops"],
    holds: { "/vms/101": reader },
  },
  "a separated token of root@pam has its own grants, without intersection": {
    grants: [{ path: "/vms", role: "Reader", to: "root@pam!main" }],
    id: "root@pam!main",
    holds: { "/vms/101": reader, "/storage/local": {} },
  },
  "a pool's grants hold on its members, never propagating": {
    grants: [{ path: "/pool/prod", role: "Reader", to: USER }],
    id: USER,
    holds: { "/vms/103": { "VM.Audit": 0 }, "/storage/fast": { "VM.Audit": 0 }, "/vms/101": {} },
  },
  "NoAccess on a pool wins over grants on its members": {
    grants: [
      { path: "/vms", role: "Reader", to: USER },
      { path: "/pool/prod", role: "NoAccess", to: USER },
    ],
    id: USER,
    holds: { "/vms/103": {}, "/vms/101": reader },
  },
};

Deno.test("effective privileges follow the tree", async (t) => {
  for (const [name, row] of Object.entries(ROWS)) {
    await t.step(name, () => {
      const access = accessControl(row);
      for (const [path, expected] of Object.entries(row.holds)) {
        assertEquals([path, access.effective(row.id ?? TOKEN, path)], [path, expected]);
      }
    });
  }
});

Deno.test("whatever is granted, a separated token never has more than its owner", () => {
  const seed = 20261121;
  const random = generator(seed);
  const paths = ["/", "/vms", "/vms/101", "/vms/102", "/pool/prod", "/storage/fast", "/vms/103"];
  const roles = ["Reader", "Power", "PVEVMAdmin", "NoAccess"];
  const subjects = [USER, TOKEN, "@ops", "@nobody"];
  for (let round = 0; round < 300; round++) {
    const grants = Array.from({ length: random(8) }, (): Grant => ({
      path: paths[random(paths.length)] ?? "/",
      role: roles[random(roles.length)] ?? "Reader",
      to: subjects[random(subjects.length)] ?? USER,
      propagate: random(2) === 1,
    }));
    const access = accessControl({ grants, groups: ["ops"], holds: {} });
    for (const path of paths) {
      const owner = access.effective(USER, path);
      for (const [privilege, propagates] of Object.entries(access.effective(TOKEN, path))) {
        const owners = owner[privilege];
        const isWithin = owners !== undefined && owners >= propagates;
        assertEquals([seed, round, path, privilege, isWithin], [
          seed,
          round,
          path,
          privilege,
          true,
        ]);
      }
    }
  }
});

Deno.test("a 403 names the first missing privilege, or all alternatives", () => {
  const access = accessControl({ grants: [{ path: "/vms", role: "Reader", to: USER }], holds: {} });
  const caller = access.accessOf({ user: USER, token: "open", full: "agent@pve!open" });
  const denied = (privileges: string[], any: boolean) =>
    assertThrows(() => caller.check("/vms/101", privileges, { any }), PveError).message;
  assertEquals(
    denied(["VM.Audit", "VM.PowerMgmt", "VM.Backup"], false),
    "Permission check failed (/vms/101, VM.PowerMgmt)",
  );
  assertEquals(
    denied(["VM.PowerMgmt", "VM.Backup"], true),
    "Permission check failed (/vms/101, VM.PowerMgmt|VM.Backup)",
  );
  caller.check("/vms/101", ["VM.Backup", "VM.Audit"], { any: true });
  assertThrows(() => caller.allows("/vms", ["VM.Adit"]), Error, "no such privilege");
});

Deno.test("the overview lists top-level paths, those with grants, and pool members", () => {
  const access = accessControl({
    grants: [
      { path: "/", role: "Reader", to: USER },
      { path: "/vms/205", role: "Power", to: "@nobody" },
    ],
    holds: {},
  });
  const listed = Object.keys(access.effectiveEverywhere(USER)).toSorted();
  assertEquals(listed, [
    "/",
    "/access",
    "/access/groups",
    "/nodes",
    "/pool",
    "/sdn",
    "/storage",
    "/storage/fast",
    "/vms",
    "/vms/103",
    "/vms/205",
  ]);
});

Deno.test("a destroyed guest takes its grants and its place in a pool along", () => {
  const access = accessControl({
    grants: [
      { path: "/vms/103", role: "Reader", to: USER },
      { path: "/pool/prod", role: "Power", to: USER },
    ],
    holds: {},
  });
  assertEquals(Object.keys(access.effective(USER, "/vms/103")).toSorted(), [
    "VM.Audit",
    "VM.PowerMgmt",
  ]);
  access.forgetGuest(103);
  assertEquals(access.effective(USER, "/vms/103"), {});
});

/** Numbers below a bound, the same for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

function accessControl({ grants, groups = [], privsep = true }: Row): AccessControl {
  const access = new AccessControl({ now: () => 0 });
  access.setRole("Reader", ["VM.Audit"]);
  access.setRole("Power", ["VM.PowerMgmt"]);
  access.identities.setUser(USER, { groups });
  access.identities.setToken(TOKEN, { secret: "s", privsep });
  access.identities.setToken("agent@pve!open", { secret: "s", privsep: false });
  access.identities.setToken("root@pam!main", { secret: "s" });
  access.pools.add("prod");
  access.pools.addGuest("prod", 103);
  access.pools.addStorage("prod", "fast");
  for (const grant of grants) access.acl.grant(grant);
  return access;
}
