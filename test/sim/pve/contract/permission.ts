/**
 * Who may call an endpoint, as the data of `api-9.2.3.json`. `{name}` in a path stands for a
 * parameter. Checks that depend on more than parameters are the handler's.
 */
export type Permission =
  /** Any authenticated identity; the handler looks closer. */
  | { readonly user: "all" }
  | { readonly check: Check };

/** All of the privileges on a path, or any of them; or a combination. */
export type Check =
  | {
    readonly path: string;
    readonly privileges: readonly string[];
    readonly any?: true;
    /** Without this parameter the check fails. */
    readonly requireParam?: string;
  }
  | { readonly and: readonly Check[] }
  | { readonly or: readonly Check[] };

/** Any authenticated identity. */
export const everyone: Permission = { user: "all" };

/** All of `privileges` on `path`. */
export function all(path: string, ...privileges: string[]): Permission {
  return { check: { path, privileges } };
}

/** At least one of `privileges` on `path`. */
export function any(path: string, ...privileges: string[]): Permission {
  return { check: { path, privileges, any: true } };
}

/** On the guest that the URL names. */
export const onGuest = (...privileges: string[]): Permission => all("/vms/{vmid}", ...privileges);
