import { ApiError } from "./api_error.ts";
import type { Reads } from "./reads.ts";
import type { Permissions } from "./schema/guest.ts";
import type { CallOptions } from "./transport.ts";

/** What the agent works with; what it needs rights on. */
export interface PreflightScope {
  readonly node: string;
  readonly storages: readonly string[];
  readonly bridges: readonly string[];
}

/** What is needed on one path. */
interface Need {
  readonly path: string;
  readonly role: Role;
  /** Whether it is needed on everything below, as on each guest below `/vms`. */
  readonly below: boolean;
}

/** A privilege on a path. */
export interface PathPrivilege {
  readonly path: string;
  readonly privilege: string;
}

export interface MissingHere extends PathPrivilege {
  /** Who lacks it; when the owner's rights cannot be read, both are to be looked at. */
  readonly holder: "token" | "user" | "token or user";
}

/** What the preflight found. */
export interface Preflight {
  readonly ok: boolean;
  readonly missing: readonly MissingHere[];
  /** Rights the agent does not need; whoever takes the agent over has them too. */
  readonly excess: readonly PathPrivilege[];
  /** Commands, to be run as root on the node, that make it right. */
  readonly commands: readonly string[];
}

/** The privileges as they were read. */
export interface EffectivePermissions {
  /** `user@realm!name`. */
  readonly tokenId: string;
  readonly token: Permissions;
  /** `undefined` when the token may not read its owner's (that takes Sys.Audit on /access). */
  readonly owner: Permissions | undefined;
}

/** A role of the README's; together they are FACTS §7.8. */
interface Role {
  readonly name: string;
  readonly privileges: readonly string[];
}

const GUESTS: Role = {
  name: "FelhomGuests",
  privileges: [
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
};
const NODE: Role = { name: "FelhomNode", privileges: ["Sys.Audit"] };
const STORAGE: Role = {
  name: "FelhomStorage",
  privileges: ["Datastore.AllocateSpace", "Datastore.Audit"],
};
const BRIDGE: Role = { name: "FelhomBridge", privileges: ["SDN.Use"] };

/** Shows the members of a pool and no more; whoever uses pools needs it. */
const TOLERATED = "Pool.Audit";

/** What is needed where; nothing of it on `/`. */
function needs({ node, storages, bridges }: PreflightScope): readonly Need[] {
  return [
    // At /vms and not at a guest's own path: an entry there goes when the guest goes (FACTS §3.8).
    { path: "/vms", role: GUESTS, below: true },
    { path: `/nodes/${node}`, role: NODE, below: false },
    ...storages.map((storage) => ({ path: `/storage/${storage}`, role: STORAGE, below: false })),
    ...bridges.map((bridge) => ({
      path: `/sdn/zones/localnetwork/${bridge}`,
      role: BRIDGE,
      below: false,
    })),
  ];
}

/**
 * Reads what the token may do, on the paths that matter, and judges it. The list without a path
 * leaves derived paths out, so each is asked for (FACTS §1.2).
 *
 * @throws {ApiError | TransportError}
 */
export async function runPreflight(
  reads: Pick<Reads, "permissions">,
  options: CallOptions & { readonly tokenId: string; readonly scope: PreflightScope },
): Promise<Preflight> {
  const { tokenId, scope, ...call } = options;
  const paths = needs(scope).map((need) => need.path);
  const token = await readPermissions(reads, paths, call);
  const owner = await readOwner(reads, paths, { ...call, userid: ownerOf(tokenId) });
  return judgePermissions({ tokenId, token, owner }, scope);
}

async function readPermissions(
  reads: Pick<Reads, "permissions">,
  paths: readonly string[],
  call: CallOptions & { readonly userid?: string },
): Promise<Permissions> {
  const found = { ...await reads.permissions(call) };
  for (const path of paths) Object.assign(found, await reads.permissions({ ...call, path }));
  return found;
}

async function readOwner(
  reads: Pick<Reads, "permissions">,
  paths: readonly string[],
  call: CallOptions & { readonly userid: string },
): Promise<Permissions | undefined> {
  try {
    return await readPermissions(reads, paths, call);
  } catch (error) {
    if (error instanceof ApiError && error.code === "proxmox.forbidden") return undefined;
    throw error;
  }
}

/**
 * Compares what there is with what is needed. What a privilege-separated token may do is what both
 * it and its owner were granted (FACTS §1.2), so each missing right is looked for in both.
 */
export function judgePermissions(
  { tokenId, token, owner }: EffectivePermissions,
  scope: PreflightScope,
): Preflight {
  const missing = needs(scope).flatMap((need) =>
    need.role.privileges
      .filter((privilege) => !isGranted(token, need, privilege))
      .map((privilege): MissingHere => ({
        path: need.path,
        privilege,
        holder: owner === undefined
          ? "token or user"
          : isGranted(owner, need, privilege)
          ? "token"
          : "user",
      }))
  );
  const hidden = hiddenGuests(token);
  const excess = excessOf(token, scope);
  const shown = [...missing, ...hidden];
  return {
    ok: shown.length === 0 && excess.length === 0,
    missing: shown,
    excess,
    commands: commandsFor(tokenId, needs(scope), { missing, hidden, excess }),
  };
}

/** The value says whether it is handed on to paths below; both mean that it is granted here. */
function isGranted(held: Permissions, { path, below }: Need, privilege: string): boolean {
  const handedOn = held[path]?.[privilege];
  return below ? handedOn === true : handedOn !== undefined;
}

/** An entry of a guest's own replaces what comes from /vms, instead of adding to it (FACTS §1.2). */
function hiddenGuests(token: Permissions): readonly MissingHere[] {
  return Object.keys(token).toSorted().flatMap((path) => {
    if (!/^\/vms\/\d+$/.test(path)) return [];
    return GUESTS.privileges
      .filter((privilege) =>
        token["/vms"]?.[privilege] === true && token[path]?.[privilege] === undefined
      )
      .map((privilege): MissingHere => ({ path, privilege, holder: "token or user" }));
  });
}

function excessOf(token: Permissions, scope: PreflightScope): readonly PathPrivilege[] {
  const wanted = needs(scope);
  const onRoot = token["/"] ?? {};
  return Object.keys(token).toSorted().flatMap((path) => {
    const need = wanted.find((each) =>
      each.path === path || (each.below && path.startsWith(`${each.path}/`))
    );
    const wantedHere = need?.role ?? unnamedRole(path, scope);
    return Object.keys(token[path] ?? {})
      .filter((privilege) => wantedHere?.privileges.includes(privilege) !== true)
      .filter((privilege) => privilege !== TOLERATED)
      // What comes down from / is said once, there.
      .filter((privilege) => path === "/" || onRoot[privilege] !== true)
      .toSorted()
      .map((privilege) => ({ path, privilege }));
  });
}

/**
 * Who names no storage, or no bridge, has not said which are used; to take the rights away on all
 * of them would be wrong advice.
 */
function unnamedRole(path: string, { storages, bridges }: PreflightScope): Role | undefined {
  if (storages.length === 0 && /^\/storage\/[^/]+$/.test(path)) return STORAGE;
  return bridges.length === 0 && /^\/sdn\/zones\/localnetwork\/[^/]+$/.test(path)
    ? BRIDGE
    : undefined;
}

function commandsFor(
  tokenId: string,
  needed: readonly Need[],
  { missing, hidden, excess }: {
    readonly missing: readonly MissingHere[];
    readonly hidden: readonly MissingHere[];
    readonly excess: readonly PathPrivilege[];
  },
): readonly string[] {
  const user = quote(ownerOf(tokenId));
  const token = quote(tokenId);
  const lacking = needed.filter(({ path }) => missing.some((each) => each.path === path));
  const roles = [...new Set(lacking.map(({ role }) => role))].map(({ name, privileges }) => {
    const list = quote(privileges.join(" "));
    return `pveum role add ${name} --privs ${list} || pveum role modify ${name} --privs ${list}`;
  });
  // To both, whoever lacks it: granting what is granted changes nothing, and a token that has not
  // got its own right cannot be told from one whose owner has not.
  const grants = lacking.map(({ path, role }) =>
    `pveum acl modify ${quote(path)} --roles ${role.name} --users ${user} --tokens ${token}`
  );
  const unwanted = new Set([...hidden, ...excess].map(({ path }) => path));
  const removals = [...unwanted].map((path) =>
    `pveum acl delete ${quote(path)} --roles ROLE --users ${user} --tokens ${token} ` +
    "# ROLE: as pveum acl list shows it for this path"
  );
  return [...roles, ...grants, ...removals];
}

function ownerOf(tokenId: string): string {
  return tokenId.replace(/![^!]*$/, "");
}

/** For a shell; the path and the names come from Proxmox and from the configuration. */
function quote(text: string): string {
  return /^[A-Za-z0-9_@/.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
