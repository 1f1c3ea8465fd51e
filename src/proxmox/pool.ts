import { Agent } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectOptions } from "./connect_options.ts";
import { openConnection } from "./connection.ts";
import { TransportError } from "./transport_error.ts";

/**
 * pveproxy closes a connection after 5 s without a request (FACTS §1.5); one that is reused just
 * then breaks, and nobody can say whether the request was seen. So ours end before that.
 */
const IDLE_MS = 4_000;
/** The server's 100th answer closes the connection (OBSERVED 2); ours retires before. */
const REQUESTS_PER_CONNECTION = 99;

export interface PoolOptions extends Omit<ConnectOptions, "track"> {
  /** Whether connections are used again. */
  readonly reuse: boolean;
}

/**
 * Trusted connections to one server, kept within the server's limits. How many there are is bounded
 * by the callers, of whom the transport admits so many at a time.
 */
export class Pool extends Agent {
  readonly #options: ConnectOptions;
  readonly #open = new Set<Socket>();
  readonly #served = new WeakMap<TLSSocket, number>();
  #handshakes = 0;
  #closed = false;

  constructor({ reuse, ...connect }: PoolOptions) {
    super({ keepAlive: reuse, scheduling: "lifo", timeout: IDLE_MS, maxCachedSessions: 0 });
    this.#options = {
      ...connect,
      track: (socket, inPlaceOf) => {
        if (inPlaceOf !== undefined) this.#open.delete(inPlaceOf);
        this.#open.add(socket);
        socket.once("close", () => this.#open.delete(socket));
      },
    };
    // Not an override: node's types do not know of a connection that comes later.
    Object.assign(this, {
      createConnection: (
        _request: unknown,
        onCreated: (error: Error | null, socket?: TLSSocket) => void,
      ) => this.#create(onCreated),
    });
  }

  /** How many TLS handshakes were completed and trusted. */
  get handshakes(): number {
    return this.#handshakes;
  }

  /** How many connections are open or being opened. */
  get connections(): number {
    return this.#open.size;
  }

  /** Node waits for the callback when nothing is returned. */
  #create(onCreated: (error: Error | null, socket?: TLSSocket) => void): void {
    if (this.#closed) return onCreated(closedError());
    openConnection(this.#options, (error, trusted) => {
      if (trusted !== undefined) this.#handshakes++;
      onCreated(error, trusted);
    });
  }

  override keepSocketAlive(socket: TLSSocket): boolean {
    const served = (this.#served.get(socket) ?? 0) + 1;
    if (served >= REQUESTS_PER_CONNECTION) return false;
    this.#served.set(socket, served);
    super.keepSocketAlive(socket);
    return true;
  }

  /** Closes every connection, used or idle, and opens no other. */
  override destroy(): void {
    this.#closed = true;
    super.destroy();
    for (const socket of this.#open) socket.destroy();
  }
}

function closedError(): TransportError {
  return new TransportError("proxmox.aborted", "Cannot connect: the transport is closed", {
    sent: "no",
    retry: "never",
  });
}
