/** Who calls: always a token (the simulator knows no tickets). */
export interface Identity {
  /** `user@realm`. */
  readonly user: string;
  /** The token's own name. */
  readonly token: string;
  /** `user@realm!token`: what UPIDs and root checks see (FACTS §1.1). */
  readonly full: string;
}

/** The rights of the caller, computed from the ACLs as they stand now (FACTS §1.2). */
export interface CallerAccess {
  /**
   * Asks for all of `privileges` on `path`.
   *
   * @throws {PveError} 403 naming the first that is missing; with `any`, all alternatives
   */
  check(path: string, privileges: readonly string[], options?: { readonly any?: boolean }): void;
  /** The same question, answered instead of thrown. */
  allows(
    path: string,
    privileges: readonly string[],
    options?: { readonly any?: boolean },
  ): boolean;
  /** Privileges on a path; the value says whether the grant propagates, and 0 grants as well. */
  effective(path: string): Readonly<Record<string, 0 | 1>>;
}

/** What a handler is told besides its parameters. */
export interface CallContext {
  readonly identity: Identity;
  readonly access: CallerAccess;
  /** A token is never root@pam, not even root's own (FACTS §1.1). */
  readonly isRoot: false;
}

/** A result with more than `data` (`total` of task logs). */
export class Reply {
  constructor(
    readonly data: unknown,
    readonly extra: { readonly total?: number; readonly changes?: string } = {},
  ) {}
}
