import { PveError } from "../pve_error.ts";
import type { Identity } from "../call_context.ts";

/** A user of some realm. */
export interface User {
  readonly id: string;
  readonly enabled: boolean;
  /** Epoch seconds; 0 for never. */
  readonly expire: number;
  readonly groups: readonly string[];
}

/** An API token of a user. */
export interface Token {
  readonly secret: string;
  /** Whether it has only the rights that both it and its owner were granted. */
  readonly privsep: boolean;
  /** Epoch seconds; 0 for never. */
  readonly expire: number;
}

/** Users with their tokens. */
export class Identities {
  readonly #users = new Map<string, User>();
  readonly #tokens = new Map<string, Token>();
  readonly #now: () => number;

  /** `now` in milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
    this.setUser("root@pam");
  }

  /** Adds a user, or changes one. */
  setUser(id: string, change: Partial<Omit<User, "id">> = {}): void {
    const before = this.#users.get(id) ?? { id, enabled: true, expire: 0, groups: [] };
    this.#users.set(id, { ...before, ...change });
  }

  user(id: string): User | undefined {
    return this.#users.get(id);
  }

  /** Adds or replaces a token by its full id, `user@realm!name`. */
  setToken(full: string, token: Pick<Token, "secret"> & Partial<Token>): void {
    this.#tokens.set(full, { privsep: true, expire: 0, ...token });
  }

  removeToken(full: string): void {
    this.#tokens.delete(full);
  }

  token(full: string): Token | undefined {
    return this.#tokens.get(full);
  }

  /**
   * Finds out who calls. A ticket, in the cookie or the `Authorization` header, wins over a token
   * and is never valid here.
   *
   * @throws {PveError} 401: "No ticket" without credentials, else "Authentication failed!"; the
   * cause stands in the node's log alone (FACTS §1.1, OBSERVED 10)
   */
  authenticate(authorization: string | undefined, cookie: string | undefined): Identity {
    const ticket = credential(cookie, "PVEAuthCookie") ??
      credential(authorization, "PVEAuthCookie");
    const given = ticket === undefined ? credential(authorization, "PVEAPIToken") : undefined;
    if (ticket === undefined && given === undefined) throw new PveError(401, "No ticket");
    const identity = given === undefined ? undefined : this.#verify(given);
    if (identity === undefined) throw new PveError(401, "Authentication failed!");
    return identity;
  }

  #verify(given: string): Identity | undefined {
    const [, full = "", secret = ""] = /^(.*)=(.*)$/s.exec(given) ?? [];
    const token = this.#tokens.get(full);
    const identity = splitTokenId(full);
    if (token === undefined || identity === undefined) return undefined;
    const owner = this.#users.get(identity.user);
    const isValid = owner?.enabled === true && this.#isCurrent(owner.expire) &&
      this.#isCurrent(token.expire) && token.secret === secret;
    return isValid ? identity : undefined;
  }

  #isCurrent(expire: number): boolean {
    return expire === 0 || expire > this.#now() / 1000;
  }
}

/** Takes `user@realm!name` apart. */
export function splitTokenId(full: string): Identity | undefined {
  const [, user, token] = /^([^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+)!([A-Za-z][A-Za-z0-9.\-_]+)$/
    .exec(full) ?? [];
  return user === undefined || token === undefined ? undefined : { user, token, full };
}

/** The value after `scheme=` or `scheme `, up to a semicolon, percent-decoded once. */
function credential(header: string | undefined, scheme: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${scheme}[= ]([^;]*)`).exec(header ?? "")?.[1];
  return value?.replace(
    /%([0-9a-fA-F]{2})/g,
    (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
