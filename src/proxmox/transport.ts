import type { RequestOptions } from "node:https";
import { type Clock, systemClock } from "../clock.ts";
import { type Logger, silentLogger } from "../log/logger.ts";
import type { Method } from "./api_error.ts";
import { authorization, type Token, withoutSecret } from "./authorization.ts";
import { readDelay, unsentDelay } from "./back_off.ts";
import { Deadlines } from "./deadlines.ts";
import { decodeAnswer, type Envelope } from "./decode_answer.ts";
import { Flight } from "./flight.ts";
import { encodeForm, type Form } from "./form.ts";
import { Pool } from "./pool.ts";
import { Semaphore } from "./semaphore.ts";
import { TransportError } from "./transport_error.ts";
import { assertTrust, type ServerAddress, type Trust } from "./trust.ts";

/**
 * pveproxy gives up on pvedaemon after 30 s and says so (FACTS §1.5); who waits a little longer
 * learns that, instead of guessing.
 */
const LIMIT_MS = 35_000;
/** pvedaemon has three workers; one is left to the operator's own browser (FACTS §7.4). */
const PROXIED_AT_ONCE = 2;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface TransportOptions {
  readonly address: ServerAddress;
  readonly trust: Trust;
  readonly token: Token;
  /** @default the machine's */
  readonly clock?: Clock;
  /** @default none */
  readonly logger?: Logger;
  /** From 0 to 1, as `Math.random`: spreads reads that are tried again. */
  readonly random: () => number;
  /** How many connections may be in use at once. @default 8 */
  readonly connections?: number;
  /** How long connecting with its handshake may take, in milliseconds. @default 10000 */
  readonly connectLimitMs?: number;
  /** The largest body that is read, in bytes. @default 16777216 */
  readonly maxBodyBytes?: number;
}

export interface CallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal;
  /** Time for all of it: waiting for a place, connecting, repeating. @default 35000 */
  readonly limitMs?: number;
}

/** Where a call goes: what {@linkcode Route} and its values make. */
export interface Target {
  /** Path below `/api2/json`, encoded. */
  readonly path: string;
  readonly proxied: boolean;
}

/** A call that changes something. */
export interface MutatingCall {
  readonly method: Exclude<Method, "GET">;
  readonly target: Target;
  readonly form: Form;
}

/**
 * Sends a mutation. Not a method, so that a `Transport` alone can only read: this function is for
 * `mutations.ts`, and `mod.ts` does not hand it on.
 *
 * It is repeated only when the server provably did not get it: no connection was handed to it, or
 * pveproxy says that it could not reach pvedaemon (595, FACTS §1.5).
 */
export let send: (
  transport: Transport,
  mutation: MutatingCall,
  options?: CallOptions,
) => Promise<unknown>;

/** A call as it leaves. */
interface Outgoing {
  readonly method: Method;
  /** Path below `/api2/json`, with its query. */
  readonly path: string;
  readonly proxied: boolean;
  readonly body: string | undefined;
  /** How long to wait before the next try; `undefined` when there shall be none. */
  readonly delayAfter: typeof readDelay;
}

/**
 * The way to one Proxmox server: trust, token, connections and the server's limits. All state is
 * private, so nothing that prints a transport can print the token.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #redact: (text: string) => string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #deadlines: Deadlines;
  readonly #reading: Pool;
  readonly #mutating: Pool;
  readonly #anyLane: readonly Semaphore[];
  readonly #proxiedLanes: readonly Semaphore[];

  /** @throws {FelhomError} `config.invalid` for a trust that cannot or must not be */
  constructor(options: TransportOptions) {
    const { address, trust, token } = options;
    assertTrust(trust, address);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = (options.logger ?? silentLogger).child({ component: "proxmox" });
    this.#random = options.random;
    this.#redact = (text) => withoutSecret(text, token);
    this.#headers = { Authorization: authorization(token) };
    this.#deadlines = new Deadlines(this.#clock);
    const limitMs = options.connectLimitMs ?? 10_000;
    const connect = { address, trust, limitMs, clock: this.#clock, deadlines: this.#deadlines };
    this.#reading = new Pool({ ...connect, reuse: true });
    // A mutation never rides on a used connection: if that breaks, nobody can say whether the
    // server closed an idle connection or died with the work half done.
    this.#mutating = new Pool({ ...connect, reuse: false });
    const all = new Semaphore(options.connections ?? 8);
    this.#anyLane = [all];
    this.#proxiedLanes = [new Semaphore(PROXIED_AT_ONCE), all];
  }

  static {
    send = (transport, mutation, options) => transport.#send(mutation, options);
  }

  /** The token's id, `user@realm!name`: the owner of every task that is started through here. */
  get tokenId(): string {
    return this.#options.token.id;
  }

  /** How many TLS handshakes were made, and how many connections are open. */
  get connections(): { readonly handshakes: number; readonly open: number } {
    return {
      handshakes: this.#reading.handshakes + this.#mutating.handshakes,
      open: this.#reading.connections + this.#mutating.connections,
    };
  }

  /**
   * Reads. What fails in a way that passes is tried again, a few times and within the limit.
   *
   * @throws {ApiError} when Proxmox refuses or fails
   * @throws {TransportError} when no usable answer comes
   */
  get(target: Target, options: CallOptions & { readonly query?: Form } = {}): Promise<Envelope> {
    const { path, proxied } = target;
    const { query } = options;
    return this.#repeat({
      method: "GET",
      path: query === undefined ? path : withQuery(path, query),
      proxied,
      body: undefined,
      delayAfter: readDelay,
    }, options);
  }

  /** Closes all connections. Calls in flight fail, and so does every later one. */
  close(): void {
    this.#reading.destroy();
    this.#mutating.destroy();
    this.#deadlines.close();
  }

  async #send({ method, target, form }: MutatingCall, options: CallOptions = {}): Promise<unknown> {
    const { path, proxied } = target;
    const text = encodeForm(form);
    // A DELETE must not have a body (FACTS §1.4).
    const { data } = await this.#repeat({
      method,
      path: method === "DELETE" && text !== "" ? `${path}?${text}` : path,
      proxied,
      body: method === "DELETE" ? undefined : text,
      delayAfter: unsentDelay,
    }, options);
    return data;
  }

  async #repeat(call: Outgoing, options: CallOptions): Promise<Envelope> {
    const { limitMs = LIMIT_MS, signal } = options;
    const start = this.#clock.monotonic();
    for (let attempt = 1;; attempt++) {
      const left = Math.ceil(limitMs - (this.#clock.monotonic() - start));
      try {
        return await this.#fly(call, left, signal);
      } catch (error) {
        const delay = call.delayAfter(error, attempt, { random: this.#random() });
        const spent = this.#clock.monotonic() - start;
        if (delay === undefined || spent + delay >= limitMs) throw error;
        const { method, path } = call;
        this.#logger.debug("Call failed, trying again", { method, path, attempt, delay, error });
        await this.#pause(delay, signal, error);
      }
    }
  }

  #fly(call: Outgoing, limitMs: number, signal: AbortSignal | undefined): Promise<Envelope> {
    const { maxBodyBytes = MAX_BODY_BYTES } = this.#options;
    const { method, path, body } = call;
    const start = this.#clock.monotonic();
    return new Promise((resolve, reject) => {
      const flight = new Flight({
        name: `${method} ${path}`,
        request: this.#requestFor(call),
        body,
        lanes: call.proxied ? this.#proxiedLanes : this.#anyLane,
        limitMs,
        deadlines: this.#deadlines,
        signal,
        maxBodyBytes,
        onAnswer: (answer) => {
          const ms = this.#clock.monotonic() - start;
          this.#logger.debug("Call answered", { method, path, status: answer.status, ms });
          try {
            resolve(decodeAnswer({ method, path, redact: this.#redact }, answer));
          } catch (error) {
            reject(error);
          }
        },
        onError: reject,
      });
      flight.start();
    });
  }

  #requestFor({ method, path, body }: Outgoing): RequestOptions {
    const { host, port } = this.#options.address;
    return {
      agent: method === "GET" ? this.#reading : this.#mutating,
      host,
      port,
      method,
      path: `/api2/json${path}`,
      headers: body === undefined ? this.#headers : {
        ...this.#headers,
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": body.length, // Percent-encoded: a byte each.
      },
      maxHeaderSize: MAX_HEADER_BYTES,
    };
  }

  /** @throws {TransportError} `proxmox.aborted` when the caller gives up meanwhile */
  async #pause(ms: number, signal: AbortSignal | undefined, cause: unknown): Promise<void> {
    try {
      await this.#clock.sleep(ms, signal);
    } catch {
      throw new TransportError("proxmox.aborted", "Cannot try again: the caller gave up", {
        sent: "maybe",
        cause,
      });
    }
  }
}

function withQuery(path: string, form: Form): string {
  const query = encodeForm(form);
  return query === "" ? path : `${path}?${query}`;
}

/**
 * The way to one Proxmox server.
 *
 * @throws {FelhomError} `config.invalid` for a trust or token that cannot or must not be used
 */
export function createTransport(options: TransportOptions): Transport {
  return new Transport(options);
}
