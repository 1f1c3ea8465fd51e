import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Clock } from "../../../src/clock.ts";
import { type ConnectionHeader, encodeAnswer } from "./answer.ts";
import { type Delivery, exchange, type ExchangeContext, refuseCredentials } from "./exchange.ts";
import { announcedLength, redirectToTls, refuseBody, refuseHead } from "./refusal.ts";
import { plainReply, type Reply } from "./reply.ts";
import { parseRequestHead, type RequestHead } from "./request_head.ts";
import type { RequestLog, RequestRow } from "./request_log.ts";
import { bytesToText, parseTarget } from "./target.ts";

/** Requests on one connection (FACTS §1.5, OBSERVED 2). */
const MAX_REQUESTS = 100;
/** After so long without a byte a connection is closed (FACTS §1.5, OBSERVED 2). */
const IDLE_MS = 5000;
/** Bytes that may wait unread. */
const MAX_UNREAD = 64 * 1024;
const HUGE_PIECE = 64 * 1024;

/** One process of pveproxy: it counts its requests, and retires. */
export interface ProxyWorker {
  requests: number;
  connections: number;
  retired: boolean;
}

export interface ConnectionOptions {
  readonly id: number;
  /** The TCP connection, below TLS. */
  readonly raw: Socket;
  /** Where the bytes of HTTP come and go: TLS, or the TCP connection itself. */
  readonly stream: Socket;
  readonly secure: boolean;
  readonly worker: ProxyWorker;
  /** False when too many connections are open for keep-alive. */
  readonly mayStay: boolean;
  readonly context: ExchangeContext;
  readonly log: RequestLog;
  /** The Date header for now. */
  readonly date: () => string;
  /** Called for each request, to count it and retire the worker. */
  readonly onRequest: (worker: ProxyWorker) => void;
}

/**
 * One connection of a client: requests one after the other, as pveproxy reads them.
 *
 * States: `head` and `body` wait for bytes, `busy` has a request at work, `dead` is after a head
 * that Perl died on (nothing more is read or answered until the idle limit), `over` sends nothing
 * any more.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #state: "head" | "body" | "busy" | "dead" | "over" = "head";
  #unread: Buffer = Buffer.alloc(0);
  #remaining: number;
  #active: number;
  #onBody: (() => void) | undefined;
  #wanted = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#clock = options.context.clock;
    this.#remaining = options.mayStay ? MAX_REQUESTS : 1;
    this.#active = this.#clock.monotonic();
    const { stream } = options;
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("error", () => {});
    stream.on("close", () => this.#end());
    this.#watch();
  }

  /** Closes when nothing has come for too long. One timer, renewed only when it has run out. */
  async #watch(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const busy = this.#state === "busy";
      const left = busy ? IDLE_MS : this.#active + IDLE_MS - this.#clock.monotonic();
      if (left <= 0) return this.#hangUp();
      try {
        await this.#clock.sleep(left, signal);
      } catch {
        return;
      }
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#state === "dead" || this.#state === "over") return;
    this.#active = this.#clock.monotonic();
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    if (this.#state === "head") this.#readHead();
    else if (this.#state === "body" && this.#unread.length >= this.#wanted) this.#onBody?.();
  }

  #readHead(): void {
    if (this.#unread.length === 0) return;
    const text = this.#unread.toString("latin1", 0, Math.min(this.#unread.length, MAX_UNREAD));
    const result = parseRequestHead(text);
    if (result.kind === "incomplete") {
      if (this.#unread.length >= MAX_UNREAD) this.#hangUp();
      return;
    }
    this.#remaining--;
    if (result.kind === "silence") {
      this.#state = "dead";
      return;
    }
    this.#state = "busy";
    if (result.kind === "refused") {
      this.#send(plainReply(result.status, result.message), { protocol: result.protocol });
      return;
    }
    this.#unread = this.#unread.subarray(result.length);
    this.#options.onRequest(this.#options.worker);
    this.#serve(result.head).catch((error) => {
      this.#options.context.onCrash(error);
      this.#options.raw.destroy();
    });
  }

  async #serve(head: RequestHead): Promise<void> {
    const { context, log, id, secure } = this.#options;
    const connection = head.headers.get("connection");
    if (connection !== undefined ? /close/i.test(connection) : head.minor < 1) this.#remaining = 0;

    const target = parseTarget(head.target);
    const row = log.open({
      time: context.clock.now(),
      connection: id,
      method: head.method,
      path: bytesToText(target.kind === "api" ? target.uri : head.target),
      params: {},
    });
    try {
      const delivery = await this.#decide(head, { secure, row });
      if (delivery !== undefined) await this.#deliver(delivery, { head, row });
    } finally {
      log.close(row, context.clock.now());
    }
    this.#next();
  }

  async #decide(
    head: RequestHead,
    options: { readonly secure: boolean; readonly row: RequestRow },
  ): Promise<Delivery | undefined> {
    const { context } = this.#options;
    const refusal = refuseHead(head);
    if (refusal !== undefined) return { how: "whole", reply: refusal };
    if (!options.secure) {
      const reply = redirectToTls(head);
      if (reply !== undefined) return { how: "whole", reply };
      this.#state = "dead";
      return undefined;
    }
    const length = announcedLength(head);
    const wrongBody = refuseBody(head, length);
    if (wrongBody !== undefined) {
      const outsider = parseTarget(head.target).kind === "api"
        ? await refuseCredentials(context, head)
        : undefined;
      return { how: "whole", reply: outsider ?? wrongBody };
    }
    const body = await this.#readBody(length);
    if (body === undefined) return undefined;
    return await exchange(context, head, { body, row: options.row });
  }

  /** The body, or undefined when the connection ended first. */
  #readBody(length: number): Promise<Buffer | undefined> | Buffer {
    if (length === 0) return Buffer.alloc(0);
    const take = () => {
      const body = this.#unread.subarray(0, length);
      this.#unread = this.#unread.subarray(length);
      return body;
    };
    if (this.#unread.length >= length) return take();
    this.#state = "body";
    this.#wanted = length;
    return new Promise((resolve) => {
      this.#onBody = () => {
        this.#onBody = undefined;
        this.#state = "busy";
        resolve(take());
      };
      this.#ended.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
  }

  async #deliver(
    delivery: Delivery,
    options: { readonly head: RequestHead; readonly row: RequestRow },
  ): Promise<void> {
    const { head, row } = options;
    switch (delivery.how) {
      case "whole":
        row.status = delivery.reply.status;
        this.#send(delivery.reply, { protocol: head.protocol, head, row });
        return;
      case "truncate": {
        const bytes = this.#encode(delivery.reply, { protocol: head.protocol, head });
        const body = bytes.indexOf("\r\n\r\n") + 4;
        row.status = delivery.reply.status;
        this.#finish(bytes.subarray(0, body + Math.floor((bytes.length - body) * delivery.keep)));
        return;
      }
      case "drip":
        row.status = delivery.reply.status;
        await this.#drip(this.#encode(delivery.reply, { protocol: head.protocol, head }), {
          everyMs: delivery.everyMs,
          row,
        });
        return;
      case "huge_body":
        row.status = 200;
        await this.#sendHugeBody(delivery.bytes, { head, row });
        return;
      case "huge_head": {
        const bytes = this.#encode(delivery.reply, { protocol: head.protocol, head });
        const line = bytes.indexOf("\r\n") + 2;
        const filler = `X-Filler: ${"x".repeat(1000)}\r\n`.repeat(Math.ceil(delivery.bytes / 1012));
        row.status = delivery.reply.status;
        this.#finish(
          Buffer.concat([bytes.subarray(0, line), Buffer.from(filler), bytes.subarray(line)]),
        );
        return;
      }
      case "reset":
        this.#state = "over";
        this.#options.raw.resetAndDestroy();
        return;
      case "close":
        this.#hangUp();
        return;
      case "silence":
        // Without a byte from the server, and without its idle limit: the state stays `busy`.
        await new Promise<void>((resolve) => {
          if (this.#ended.signal.aborted) resolve();
          this.#ended.signal.addEventListener("abort", () => resolve(), { once: true });
        });
        return;
      default:
        return delivery satisfies never;
    }
  }

  /** Sends a whole answer in one piece and closes if it was the last. */
  #send(
    reply: Reply,
    options: {
      readonly protocol: string;
      readonly head?: RequestHead;
      readonly row?: RequestRow;
    },
  ): void {
    const { stream } = this.#options;
    const bytes = this.#encode(reply, options);
    const open = this.#state === "busy" && stream.writable;
    if (options.row !== undefined) options.row.delivered = open;
    if (!open) return;
    // A redirection says Keep-Alive and closes all the same.
    if (this.#remaining > 0 && reply.location === undefined) {
      stream.write(bytes);
    } else {
      this.#finish(bytes);
    }
  }

  #encode(
    reply: Reply,
    options: { readonly protocol: string; readonly head?: RequestHead },
  ): Buffer {
    if (reply.status >= 400 || this.#options.worker.retired) this.#remaining = 0;
    const connection: ConnectionHeader = this.#remaining <= 0
      ? "close"
      : reply.proxied
      ? "both"
      : "keep-alive";
    return encodeAnswer({
      protocol: options.protocol,
      status: reply.status,
      message: reply.message,
      body: reply.body,
      contentType: reply.contentType,
      connection,
      encoding: acceptedEncoding(options.head),
      date: this.#options.date(),
      ...(reply.location === undefined ? {} : { location: reply.location }),
    });
  }

  async #drip(
    bytes: Buffer,
    options: { readonly everyMs: number; readonly row: RequestRow },
  ): Promise<void> {
    const { stream } = this.#options;
    for (let at = 0; at < bytes.length; at++) {
      if (!stream.writable) return;
      stream.write(bytes.subarray(at, at + 1));
      try {
        await this.#clock.sleep(options.everyMs, this.#ended.signal);
      } catch {
        return;
      }
    }
    options.row.delivered = true;
  }

  async #sendHugeBody(
    size: number,
    options: { readonly head: RequestHead; readonly row: RequestRow },
  ): Promise<void> {
    const { stream } = this.#options;
    this.#remaining = 0;
    const [start, end] = ['{"data":"', '"}'];
    const head = this.#encode(
      {
        status: 200,
        message: "OK",
        body: "",
        contentType: "application/json;charset=UTF-8",
        proxied: false,
      },
      { protocol: options.head.protocol },
    ).toString("latin1").replace("Content-Type", `Content-Length: ${size}\r\nContent-Type`);
    stream.write(head + start, "latin1");
    const piece = Buffer.alloc(HUGE_PIECE, "x");
    for (let left = size - start.length - end.length; left > 0; left -= HUGE_PIECE) {
      if (!stream.writable) return;
      if (!stream.write(piece.subarray(0, Math.min(left, HUGE_PIECE)))) await this.#drained();
    }
    options.row.delivered = stream.writable;
    this.#finish(Buffer.from(end));
  }

  /** Resolves when more can be written, or the connection has ended. */
  #drained(): Promise<void> {
    const { stream } = this.#options;
    return new Promise((resolve) => {
      const go = () => {
        stream.off("drain", go);
        this.#ended.signal.removeEventListener("abort", go);
        resolve();
      };
      stream.once("drain", go);
      this.#ended.signal.addEventListener("abort", go);
      if (this.#ended.signal.aborted) go();
    });
  }

  /** Sends the last bytes of this connection. What still comes is read and forgotten. */
  #finish(bytes: Buffer): void {
    this.#state = "over";
    this.#active = this.#clock.monotonic();
    this.#options.stream.end(bytes);
  }

  #hangUp(): void {
    this.#state = "over";
    this.#options.stream.destroySoon();
  }

  /** After an answer: the next request, which may have come already. */
  #next(): void {
    if (this.#state !== "busy") return;
    this.#active = this.#clock.monotonic();
    this.#state = "head";
    this.#readHead();
  }

  #end(): void {
    this.#state = "over";
    this.#unread = Buffer.alloc(0);
    this.#ended.abort();
  }
}

/** What the client takes; gzip is preferred (`http-gzip-protected`). */
function acceptedEncoding(head: RequestHead | undefined): "gzip" | "deflate" | undefined {
  const accepted = head?.headers.get("accept-encoding");
  if (accepted === undefined) return undefined;
  if (accepted.includes("gzip")) return "gzip";
  return accepted.includes("deflate") ? "deflate" : undefined;
}
