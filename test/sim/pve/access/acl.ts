import { normalisePath } from "./acl_path.ts";

/** Roles held on a path; the value tells whether the grant that gave the role propagates. */
export type Roles = ReadonlyMap<string, boolean>;

/** Who is asked about. Groups count for users only: a token inherits none (FACTS §1.2). */
export interface Subject {
  /** `user@realm` or `user@realm!token`. */
  readonly id: string;
  readonly groups: readonly string[];
}

/** A grant of one role on one path. `to` is a user, a token, or a group as `@name`. */
export interface Grant {
  readonly path: string;
  readonly role: string;
  readonly to: string;
  /** @default {true} */
  readonly propagate?: boolean;
}

/** The access control list: a tree of paths with grants. */
export class Acl {
  /** path → subject → role → propagates */
  readonly #grants = new Map<string, Map<string, Map<string, boolean>>>();

  /** Adds a grant, or changes whether it propagates. */
  grant({ path, role, to, propagate = true }: Grant): void {
    const subjects = getOrAdd(this.#grants, normalisePath(path) ?? path, () => new Map());
    getOrAdd(subjects, to, () => new Map<string, boolean>()).set(role, propagate);
  }

  /** Takes a grant back. */
  revoke({ path, role, to }: Grant): void {
    const subjects = this.#grants.get(normalisePath(path) ?? path);
    subjects?.get(to)?.delete(role);
    if (subjects?.get(to)?.size === 0) subjects.delete(to);
    if (subjects?.size === 0) this.#grants.delete(path);
  }

  /** Drops every grant on `path` itself, as the destruction of a guest does (FACTS §3.8). */
  removePath(path: string): void {
    this.#grants.delete(path);
  }

  /** Drops every grant to one user or token. */
  removeSubject(id: string): void {
    for (const subjects of this.#grants.values()) subjects.delete(id);
  }

  /** The paths that stand in the list, with those on the way to them, as the tree holds them. */
  paths(): string[] {
    const paths = new Set<string>();
    for (const path of this.#grants.keys()) for (const level of levelsOf(path)) paths.add(level);
    return [...paths];
  }

  /**
   * The roles `subject` holds on `path`. From `/` down, at each level grants to the subject itself,
   * else those to its groups, replace all that came from above; grants that do not propagate count
   * on the last level only. `NoAccess` leaves nothing beside it.
   */
  roles(subject: Subject, path: string): Roles {
    let roles: Roles = new Map();
    for (const level of levelsOf(path)) {
      const isLast = level === path;
      const own = this.#applying(level, [subject.id], isLast);
      const found = own.size > 0
        ? own
        : this.#applying(level, subject.groups.map((group) => `@${group}`), isLast);
      if (found.size > 0) roles = found;
    }
    const none = roles.get("NoAccess");
    return none === undefined ? roles : new Map([["NoAccess", none]]);
  }

  #applying(level: string, subjects: readonly string[], isLast: boolean): Map<string, boolean> {
    const applying = new Map<string, boolean>();
    for (const subject of subjects) {
      for (const [role, propagates] of this.#grants.get(level)?.get(subject) ?? []) {
        if (isLast || propagates) applying.set(role, propagates);
      }
    }
    return applying;
  }
}

/** `/`, `/vms`, `/vms/101`. */
function levelsOf(path: string): string[] {
  const segments = path.split("/").filter((segment) => segment !== "");
  return ["/", ...segments.map((_, index) => `/${segments.slice(0, index + 1).join("/")}`)];
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
