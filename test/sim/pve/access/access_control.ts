import type { CallerAccess, Identity } from "../call_context.ts";
import { missingPrivilege } from "../pve_error.ts";
import { Acl, type Roles } from "./acl.ts";
import { Identities, splitTokenId } from "./identities.ts";
import { Pools } from "./pools.ts";
import { BUILT_IN_ROLES, PRIVILEGES } from "./roles.ts";

/** Privileges on one path; 1 where the grant propagates, and 0 grants as well (FACTS §1.2). */
type Effective = Readonly<Record<string, 0 | 1>>;

/** Paths that `GET /access/permissions` shows though nobody granted anything on them. */
const TOP_LEVEL = [
  "/",
  "/access",
  "/access/groups",
  "/nodes",
  "/pool",
  "/sdn",
  "/storage",
  "/vms",
];

/** user.cfg: who there is, and who may do what where. */
export class AccessControl {
  readonly identities: Identities;
  readonly acl = new Acl();
  readonly pools = new Pools();
  readonly #roles = new Map(BUILT_IN_ROLES);

  /** `now` in milliseconds since the epoch, for expiry. */
  constructor(options: { readonly now: () => number }) {
    this.identities = new Identities(options.now);
  }

  /** Adds a role, or replaces its privileges. */
  setRole(name: string, privileges: readonly string[]): void {
    for (const privilege of privileges) requireKnown(privilege);
    this.#roles.set(name, privileges);
  }

  /** Forgets what was granted on a guest and its pool, as its destruction does (FACTS §3.8). */
  forgetGuest(vmid: number): void {
    this.acl.removePath(`/vms/${vmid}`);
    this.pools.removeGuest(vmid);
  }

  /** The rights of a caller, computed anew with every question. */
  accessOf(identity: Identity): CallerAccess {
    const effective = (path: string) => this.effective(identity.full, path);
    return {
      effective,
      check: (path, privileges, options) => {
        const missing = missingOf(effective(path), privileges, options?.any === true);
        if (missing.length > 0) throw missingPrivilege(path, missing);
      },
      allows: (path, privileges, options) =>
        missingOf(effective(path), privileges, options?.any === true).length === 0,
    };
  }

  /**
   * The privileges of a user or token on a path. A separated token has what both it and its owner
   * have, unless root@pam owns it; any other token has what its owner has. Nobody but root has
   * anything on the empty path, which is what a path with odd characters becomes.
   */
  effective(id: string, path: string): Effective {
    if (id === "root@pam") return allPrivileges();
    if (path === "") return {};
    const token = splitTokenId(id);
    if (token === undefined) return this.#ownOf(id, path);
    const info = this.identities.token(id);
    if (info === undefined) return {};
    if (!info.privsep) return this.effective(token.user, path);
    const own = this.#ownOf(id, path);
    if (token.user === "root@pam") return own;
    const owner = this.#ownOf(token.user, path);
    return Object.fromEntries(
      Object.entries(own)
        .filter(([privilege]) => owner[privilege] !== undefined)
        .map(([privilege, propagates]) => [privilege, owner[privilege] === 1 ? propagates : 0]),
    );
  }

  /** What `GET /access/permissions` lists: paths on which the identity has anything. */
  effectiveEverywhere(id: string): Readonly<Record<string, Effective>> {
    const paths = new Set([
      ...TOP_LEVEL,
      ...this.acl.paths(),
      ...this.pools.all().flatMap((pool) => this.pools.pathsOf(pool)),
    ]);
    return Object.fromEntries(
      [...paths]
        .map((path) => [path, this.effective(id, path)] as const)
        .filter(([, effective]) => Object.keys(effective).length > 0),
    );
  }

  #ownOf(id: string, path: string): Effective {
    const privileges: Record<string, 0 | 1> = {};
    for (const [role, propagates] of this.#rolesOf(id, path)) {
      for (const privilege of this.#roles.get(role) ?? []) {
        privileges[privilege] = propagates || privileges[privilege] === 1 ? 1 : 0;
      }
    }
    return privileges;
  }

  /** Roles from the tree, and those on the pools a guest or storage is in; these never propagate. */
  #rolesOf(id: string, path: string): Roles {
    const subject = { id, groups: this.identities.user(id)?.groups ?? [] };
    const roles = new Map(this.acl.roles(subject, path));
    if (roles.has("NoAccess")) return roles;
    const fromPools = this.pools.all()
      .filter((pool) => this.pools.pathsOf(pool).includes(path))
      .flatMap((pool) => [...this.acl.roles(subject, `/pool/${pool.id}`).keys()]);
    if (fromPools.includes("NoAccess")) return new Map([["NoAccess", false]]);
    for (const role of fromPools) if (!roles.has(role)) roles.set(role, false);
    return roles;
  }
}

/** What a 403 has to name: the first missing privilege, or all alternatives (FACTS §1.2). */
function missingOf(
  effective: Effective,
  privileges: readonly string[],
  any: boolean,
): readonly string[] {
  for (const privilege of privileges) requireKnown(privilege);
  const missing = privileges.filter((privilege) => effective[privilege] === undefined);
  if (any) return missing.length === privileges.length ? privileges : [];
  return missing.slice(0, 1);
}

function requireKnown(privilege: string): void {
  if (!PRIVILEGES.has(privilege)) throw new Error(`Cannot check "${privilege}": no such privilege`);
}

function allPrivileges(): Effective {
  return Object.fromEntries([...PRIVILEGES].map((privilege) => [privilege, 1]));
}
