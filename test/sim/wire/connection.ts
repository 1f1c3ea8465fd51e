import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Clock } from "../../../src/clock.ts";
import { type ConnectionHeader, encodeAnswer } from "./answer.ts";
import { refuseCredentials } from "./authentication.ts";
import type { Delivery } from "./delivery.ts";
import { exchange } from "./exchange.ts";
import type { ExchangeContext } from "./exchange_context.ts";
import { drip, pour, silence, truncated, withFiller } from "./faulty_delivery.ts";
import { IdleLimit } from "./idle_limit.ts";
import { announcedLength, redirectToTls, refuseBody, refuseHead } from "./refusal.ts";
import { apiReply, plainReply, type Reply } from "./reply.ts";
import { acceptedEncoding, parseRequestHead, type RequestHead } from "./request_head.ts";
import type { RequestLog, RequestRow } from "./request_log.ts";
import { bytesToText, parseTarget } from "./target.ts";

/** Requests on one connection (FACTS §1.5, OBSERVED 2). */
const MAX_REQUESTS = 100;
/** After so long without a byte a connection is closed (FACTS §1.5, OBSERVED 2). */
const IDLE_MS = 5000;
/** Bytes that may wait unread. */
const MAX_UNREAD = 64 * 1024;

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
 * `head` and `body` wait for bytes, `busy` has a request at work, `dead` is after a head that Perl
 * died on (nothing more is read or answered until the idle limit), `over` sends nothing any more.
 */
type State = "head" | "body" | "busy" | "dead" | "over";

/** One connection of a client: requests one after the other, as pveproxy reads them. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  #state: State = "head";
  #unread: Buffer = Buffer.alloc(0);
  #remaining: number;
  readonly #idle: IdleLimit;
  #onBody: (() => void) | undefined;
  #wanted = 0;
  #bodyUnread = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#clock = options.context.clock;
    this.#remaining = options.mayStay ? MAX_REQUESTS : 1;
    const { stream } = options;
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("error", () => {});
    stream.on("close", () => this.#end());
    this.#idle = new IdleLimit(options.context.callClock, IDLE_MS, {
      onIdle: () => this.#hangUp(),
      ended: this.#ended.signal,
    });
  }

  #enter(state: State): void {
    this.#state = state;
    if (state === "busy") this.#idle.pause();
    else this.#idle.resume();
  }

  #receive(chunk: Buffer): void {
    if (this.#state === "dead" || this.#state === "over") return;
    this.#idle.touch();
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
      this.#enter("dead");
      return;
    }
    this.#enter("busy");
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
    const length = announcedLength(head);
    this.#bodyUnread = length > 0 || head.headers.has("transfer-encoding");
    const refusal = refuseHead(head);
    if (refusal !== undefined) return { how: "whole", reply: refusal };
    if (!options.secure) {
      const reply = redirectToTls(head);
      if (reply !== undefined) return { how: "whole", reply };
      this.#enter("dead");
      return undefined;
    }
    const wrongBody = refuseBody(head, length);
    if (wrongBody !== undefined) {
      const outsider = parseTarget(head.target).kind === "api"
        ? await refuseCredentials(context, head)
        : undefined;
      return { how: "whole", reply: outsider ?? wrongBody };
    }
    const body = await this.#readBody(length);
    if (body === undefined) return undefined;
    this.#bodyUnread = false;
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
    this.#enter("body");
    this.#wanted = length;
    return new Promise((resolve) => {
      this.#onBody = () => {
        this.#onBody = undefined;
        this.#enter("busy");
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
    const encoded = (reply: Reply) => {
      row.status = reply.status;
      return this.#encode(reply, { protocol: head.protocol, head });
    };
    switch (delivery.how) {
      case "whole":
        row.status = delivery.reply.status;
        return this.#send(delivery.reply, { protocol: head.protocol, head, row });
      case "truncate":
        return this.#finish(truncated(encoded(delivery.reply), delivery.keep));
      case "huge_head":
        return this.#finish(withFiller(encoded(delivery.reply), delivery.bytes));
      case "drip":
        row.delivered = await drip(this.#options.stream, encoded(delivery.reply), {
          clock: this.#clock,
          everyMs: delivery.everyMs,
          ended: this.#ended.signal,
        });
        return;
      case "huge_body":
        return await this.#sendHugeBody(delivery.bytes, { encoded, row });
      case "reset":
        this.#enter("over");
        this.#options.raw.resetAndDestroy();
        return;
      case "close":
        return this.#hangUp();
      case "silence":
        // Without a byte from the server, and without its idle limit: the state stays `busy`.
        return await silence(this.#ended.signal);
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
      encoding: options.head && acceptedEncoding(options.head),
      date: this.#options.date(),
      ...(reply.location === undefined ? {} : { location: reply.location }),
    });
  }

  /** A body of JSON that is as long as its head says. */
  async #sendHugeBody(
    size: number,
    options: { readonly encoded: (reply: Reply) => Buffer; readonly row: RequestRow },
  ): Promise<void> {
    const { stream } = this.#options;
    const [start, end] = ['{"data":"', '"}'];
    this.#remaining = 0;
    const reply = apiReply({ status: 200, reason: "OK", body: { data: "" } }, {
      format: "json",
      proxied: false,
    });
    const head = options.encoded(reply).toString("latin1").split("\r\n\r\n")[0] ?? "";
    const length = `Content-Length: ${reply.body.length}`;
    stream.write(`${head.replace(length, `Content-Length: ${size}`)}\r\n\r\n${start}`, "latin1");
    const rest = size - start.length - end.length;
    options.row.delivered = await pour(stream, rest, this.#ended.signal);
    this.#finish(Buffer.from(end));
  }

  /**
   * Sends the last bytes and closes, so that whoever goes on sending is reset, as by pveproxy.
   * Only a body that was refused unread is swallowed for a while: a reset could overtake the
   * answer that refuses it.
   */
  #finish(bytes: Buffer): void {
    this.#enter("over");
    const { raw, stream } = this.#options;
    if (this.#bodyUnread) stream.end(bytes);
    else stream.end(bytes, () => raw.destroy());
  }

  /** Ends the connection; what was ended already and is still there is cut off. */
  #hangUp(): void {
    const { raw, stream } = this.#options;
    if (this.#state === "over") raw.destroy();
    else stream.destroySoon();
    this.#enter("over");
  }

  /** After an answer: the next request, which may have come already. */
  #next(): void {
    if (this.#state !== "busy") return;
    this.#enter("head");
    this.#readHead();
  }

  #end(): void {
    this.#enter("over");
    this.#unread = Buffer.alloc(0);
    this.#ended.abort();
  }
}
