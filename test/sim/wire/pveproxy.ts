import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { systemClock } from "../../../src/clock.ts";
import { Connection, type ProxyWorker } from "./connection.ts";
import type { ExchangeContext } from "./exchange_context.ts";
import type { Random } from "../random.ts";
import type { RequestLog } from "./request_log.ts";
import type { TlsMaterial } from "./tls_material.ts";

/** Processes of pveproxy (FACTS §1.5). */
const WORKERS = 3;
/** Requests after which a worker retires (FACTS §1.5, OBSERVED 2). */
const REQUESTS_PER_WORKER = 1000;
/** Open connections of one worker (FACTS §1.5). */
export interface ConnectionLimits {
  /** From so many on there is no keep-alive. */
  readonly soft: number;
  /** From so many on it accepts no more. */
  readonly hard: number;
}

const LIMITS: ConnectionLimits = { soft: 480, hard: 500 };
/**
 * A client that sends nothing, or does not finish its handshake, is cut off (FACTS §1.5). By the
 * machine's clock: shortened, it would cut off honest clients of a busy machine.
 */
const HANDSHAKE_MS = 5000;
/** First byte of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16;

export interface PveproxyOptions {
  readonly context: ExchangeContext;
  readonly log: RequestLog;
  readonly random: Random;
  readonly tls: TlsMaterial;
  /** @default 0, any free port */
  readonly port?: number;
  /** @default {soft: 480, hard: 500} */
  readonly limits?: ConnectionLimits;
}

/**
 * The server: accepts on a loopback port, tells TLS from plain HTTP by the first byte (as
 * pveproxy does, which answers the latter with a redirection), and spreads connections over the
 * worker processes it plays.
 */
export class Pveproxy {
  readonly #options: PveproxyOptions;
  readonly #limits: ConnectionLimits;
  readonly #server: Server;
  readonly #secureContext: ReturnType<typeof createSecureContext>;
  /** Open connections, with the worker that has taken each. */
  readonly #sockets = new Map<Socket, ProxyWorker | undefined>();
  readonly #waiting: Socket[] = [];
  #workers: ProxyWorker[] = Array.from({ length: WORKERS }, newWorker);
  #greeted = 0;
  #dateSecond = 0;
  #dateText = "";

  constructor(options: PveproxyOptions) {
    this.#options = options;
    this.#limits = options.limits ?? LIMITS;
    this.#secureContext = createSecureContext({
      key: options.tls.key,
      cert: options.tls.certificate,
      minVersion: "TLSv1.2",
    });
    this.#server = createServer({ noDelay: true }, (raw) => this.#accept(raw));
  }

  /** Starts to listen on 127.0.0.1 and returns the port. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port ?? 0, "127.0.0.1", () => {
        const address = this.#server.address();
        if (address === null || typeof address === "string") {
          return reject(new Error("Cannot tell the port that the simulator listens on"));
        }
        resolve(address.port);
      });
    });
  }

  /** Drops every connection and stops to listen. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const gone = [...this.#sockets.keys()].map((raw) =>
      new Promise((resolve) => raw.once("close", resolve))
    );
    for (const raw of this.#sockets.keys()) raw.destroy();
    await Promise.all([closed, ...gone]);
  }

  /** Drops every open connection, as a restarted pveproxy does. */
  dropConnections(): void {
    for (const raw of this.#sockets.keys()) raw.resetAndDestroy();
  }

  #accept(raw: Socket): void {
    const { traffic } = this.#options.log;
    this.#sockets.set(raw, undefined);
    traffic.connections++;
    traffic.openConnections++;
    raw.on("error", () => {});
    raw.once("close", () => {
      const worker = this.#sockets.get(raw);
      if (worker !== undefined) worker.connections--;
      this.#sockets.delete(raw);
      traffic.openConnections--;
      this.#admit();
    });
    this.#waiting.push(raw);
    this.#admit();
  }

  /** Gives connections that wait to workers that have room. */
  #admit(): void {
    for (;;) {
      const free = this.#workers.filter((worker) => worker.connections < this.#limits.hard);
      const worker = free[Math.floor(this.#options.random() * free.length)];
      if (worker === undefined) return;
      const raw = this.#waiting.shift();
      if (raw === undefined) return;
      if (raw.destroyed) continue;
      worker.connections++;
      this.#sockets.set(raw, worker);
      this.#greet(raw, worker);
    }
  }

  /** Waits for the first byte, which says what the client speaks. */
  #greet(raw: Socket, worker: ProxyWorker): void {
    const id = ++this.#greeted;
    const patience = new AbortController();
    systemClock.sleep(HANDSHAKE_MS, patience.signal).then(() => raw.destroy(), () => {});
    raw.once("close", () => patience.abort());
    raw.once("readable", () => {
      const first: unknown = raw.read();
      if (!(first instanceof Uint8Array)) return;
      raw.unshift(first);
      const ready = (stream: Socket) => {
        patience.abort();
        this.#open({ id, raw, stream, worker });
      };
      if (first[0] !== TLS_HANDSHAKE) return ready(raw);
      const stream = new TLSSocket(raw, { isServer: true, secureContext: this.#secureContext });
      stream.on("error", () => raw.destroy());
      stream.once("secure", () => {
        this.#options.log.traffic.handshakes++;
        ready(stream);
      });
    });
  }

  #open(client: { id: number; raw: Socket; stream: Socket; worker: ProxyWorker }): void {
    const { context, log } = this.#options;
    new Connection({
      ...client,
      secure: client.stream !== client.raw,
      mayStay: client.worker.connections < this.#limits.soft && !client.worker.retired,
      context,
      log,
      date: () => this.#date(),
      onRequest: (worker) => this.#count(worker),
    });
  }

  /** Counts a request; a worker that has had its number is replaced and finishes what it has. */
  #count(worker: ProxyWorker): void {
    worker.requests++;
    if (worker.retired || worker.requests < REQUESTS_PER_WORKER) return;
    worker.retired = true;
    this.#workers = this.#workers.map((other) => other === worker ? newWorker() : other);
  }

  #date(): string {
    const second = Math.floor(this.#options.context.clock.now() / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#dateText = new Date(second * 1000).toUTCString();
    }
    return this.#dateText;
  }
}

function newWorker(): ProxyWorker {
  return { requests: 0, connections: 0, retired: false };
}
