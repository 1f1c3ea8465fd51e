/**
 * Where the simulator's two halves meet. `wire/` is pveproxy: sockets, TLS, HTTP, body formats,
 * the three blocking pvedaemon workers, time limits, faults of the network. `pve/` is what stands
 * behind it: tokens, privileges, parameter schemas, guests, storages, tasks. Neither half imports
 * the other; `mod.ts` joins them.
 */

/** A request whose head and body could be read: what pveproxy hands to the API (FACTS §1.2, §1.4). */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below `/api2/json`, percent-decoded once and then split, empty segments dropped. */
  readonly segments: readonly string[];
  /** Query and body parameters merged as Proxmox does: a repeated key is an array. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** The text of the `Authorization` header, if there was one. */
  readonly authorization: string | undefined;
  /** The text of the `Cookie` header, if there was one. */
  readonly cookie: string | undefined;
}

/** A parameter as it came: text from a form or query, any JSON value from a JSON body. */
export type ParamValue =
  | string
  | number
  | boolean
  | null
  | readonly ParamValue[]
  | { readonly [key: string]: ParamValue };

/** What the API answers, before it is put on the wire. */
export interface ApiAnswer {
  readonly status: number;
  /** First line of the message; the reason phrase. `OK` on success. */
  readonly reason: string;
  /** The JSON body; `undefined` for an empty one (every 401, 595 to 599). */
  readonly body: unknown;
}

/**
 * A call after routing, authentication, the permission check and the parameter schema.
 * `proxied` calls occupy one of pvedaemon's three workers while `run` goes on and get both
 * Connection headers; past 30 s the client gets 596 and `run` goes on (FACTS §1.5, OBSERVED 4, 14).
 */
export interface ApiCall {
  readonly proxied: boolean;
  /** Route template, as `/nodes/{node}/lxc/{vmid}/config`, for log, faults and latency profile. */
  readonly route: string;
  run(): Promise<ApiAnswer>;
}

/** The half behind the wire. */
export interface Api {
  /** Decides what a request is. Answers at once when it fails before it would reach a handler. */
  dispatch(request: ApiRequest): Promise<ApiCall | ApiAnswer>;
}
