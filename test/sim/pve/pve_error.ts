/**
 * What Proxmox's Perl code `die`s or `raise`s with. `message` is the text without its last newline;
 * the dispatcher puts it into reason phrase and body (FACTS §1.3, OBSERVED 9).
 */
export class PveError extends Error {
  override readonly name = "PveError";
  /** HTTP status: 400, 401, 403, 500, 501 or 596. */
  readonly status: number;
  /** Per parameter, for 400 only. */
  readonly errors: Readonly<Record<string, string>> | undefined;

  constructor(status: number, message: string, errors?: Readonly<Record<string, string>>) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  /**
   * The text as it stands in a failed task's exit status when a worker dies of it: newlines are
   * spaces, one at the end of the message too (FACTS §2.4, capture storage-unmounted.snapshot).
   */
  toExitStatus(): string {
    const code = this.status === 500 ? "" : `${this.status} `;
    const details = Object.entries(this.errors ?? {}).map(([name, text]) => `${name}: ${text}`);
    return `${code}${[this.message, ...details].join(" ")}`.replaceAll("\n", " ");
  }
}

/** A plain `die`: everything that is neither a parameter nor a privilege is a 500 (FACTS §1.3). */
export function failure(message: string): PveError {
  return new PveError(500, message);
}

/** `raise_param_exc`: a 400 whose details are in `errors` alone (OBSERVED 12). */
export function badParameters(errors: Readonly<Record<string, string>>): PveError {
  return new PveError(400, "Parameter verification failed.", errors);
}

/** `raise_perm_exc`: a 403, with or without a detail in parentheses (FACTS §1.2). */
export function forbidden(detail?: string): PveError {
  const suffix = detail === undefined ? "" : ` (${detail})`;
  return new PveError(403, `Permission check failed${suffix}`);
}

/** The 403 of a missing privilege: one name, or alternatives joined by `|` (OBSERVED 11). */
export function missingPrivilege(path: string, privileges: readonly string[]): PveError {
  return forbidden(`${path}, ${privileges.join("|")}`);
}

/** The 403 of what no token may do, those of root@pam included (FACTS §3.3). */
export function onlyRoot(what: string): PveError {
  return forbidden(`${what} is only allowed for root@pam`);
}
