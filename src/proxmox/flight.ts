import { request as openRequest, type RequestOptions } from "node:https";
import type { ErrorCode } from "../errors.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Caller, Semaphore } from "./semaphore.ts";
import { type Sent, TransportError } from "./transport_error.ts";

const UTF8 = new TextDecoder();
const TOO_LARGE = { hint: "Check that the endpoint is a Proxmox API." };
const NOT_PROXMOX = {
  hint: "Check host and port of the endpoint; the Proxmox API listens on 8006.",
};

type ClientRequest = ReturnType<typeof openRequest>;
type IncomingMessage = Parameters<NonNullable<Parameters<typeof openRequest>[2]>>[0];

/** An answer as it came: a whole HTTP message. */
export interface Answer {
  readonly status: number;
  /** As the wire has it, each byte a character. */
  readonly reason: string;
  readonly headers: () => IncomingMessage["headers"];
  readonly body: string;
}

export interface FlightPlan {
  /** For messages: `GET /nodes/pve/lxc`. */
  readonly name: string;
  readonly request: RequestOptions;
  readonly body: string | undefined;
  /** The lanes to pass, in this order. */
  readonly lanes: readonly Semaphore[];
  /** Time for all of it, waiting for a lane included, in milliseconds. */
  readonly limitMs: number;
  readonly deadlines: Deadlines;
  readonly signal: AbortSignal | undefined;
  readonly maxBodyBytes: number;
  /** One of these two is called, once. */
  readonly onAnswer: (answer: Answer) => void;
  readonly onError: (error: TransportError) => void;
}

/**
 * One call from the queue to the end of its answer. It ends exactly once: with an answer, or with
 * a {@linkcode TransportError} that says whether the server can have seen the request.
 */
export class Flight implements Caller {
  readonly #plan: FlightPlan;
  #lane = 0;
  #request: ClientRequest | undefined;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;

  constructor(plan: FlightPlan) {
    this.#plan = plan;
  }

  /** To be called once. */
  start(): void {
    const { deadlines, limitMs, signal } = this.#plan;
    deadlines.add(this.#onLimit, limitMs);
    if (signal?.aborted === true) {
      this.#onAbort();
    } else {
      signal?.addEventListener("abort", this.#onAbort, { once: true });
      this.#enterLane();
    }
  }

  /** Called by a semaphore. */
  admitted(): void {
    // Admitted in the moment between giving up and leaving: the place goes back at once.
    if (this.#ended) return;
    this.#lane++;
    this.#enterLane();
  }

  #enterLane(): void {
    const lane = this.#plan.lanes[this.#lane];
    if (lane === undefined) this.#takeOff();
    else lane.enter(this);
  }

  #takeOff(): void {
    try {
      const request = openRequest(this.#plan.request, this.#onResponse);
      this.#request = request;
      request.on("error", this.#onRequestError);
      request.end(this.#plan.body);
    } catch (cause) {
      // A port or header that cannot be: the places have to be given back all the same.
      this.#fail("internal.bug", "the request cannot be made", {
        hint: "Please report this, with the configured endpoint.",
        cause,
      });
    }
  }

  readonly #onResponse = (response: IncomingMessage): void => {
    const request = this.#request;
    // A proxied answer says both "close" and "Keep-Alive", and means the latter (OBSERVED 4).
    if (
      request?.shouldKeepAlive === false && (response.statusCode ?? 0) < 400 &&
      /\bkeep-alive\b/i.test(response.headers.connection ?? "")
    ) {
      request.shouldKeepAlive = true;
    }
    response.on("data", this.#onData);
    response.on("error", this.#onRequestError);
    response.on("end", () => this.#onEnd(response));
  };

  readonly #onData = (chunk: Uint8Array): void => {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#plan.maxBodyBytes) {
      this.#chunks.push(chunk);
      return;
    }
    const limit = this.#plan.maxBodyBytes;
    this.#fail("proxmox.too_large", `the answer has more than ${limit} bytes`, TOO_LARGE);
  };

  #onEnd(response: IncomingMessage): void {
    if (this.#ended) return;
    this.#end();
    this.#plan.onAnswer({
      status: response.statusCode ?? 0,
      reason: response.statusMessage ?? "",
      headers: () => response.headers,
      body: this.#body(),
    });
  }

  #body(): string {
    const [first, ...more] = this.#chunks;
    if (first === undefined) return "";
    if (more.length === 0) return UTF8.decode(first);
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return UTF8.decode(whole);
  }

  readonly #onRequestError = (error: Error & { readonly code?: string }): void => {
    if (error instanceof TransportError) return this.#failWith(error);
    const code = error.code ?? "";
    if (code === "HPE_HEADER_OVERFLOW") {
      this.#fail("proxmox.too_large", "the answer's headers are too large", TOO_LARGE);
    } else if (code.startsWith("HPE_")) {
      this.#fail("proxmox.malformed", `what came is not HTTP (${code})`, NOT_PROXMOX);
    } else {
      this.#fail("proxmox.reset", "the connection broke before the whole answer had come", {
        hint: "Look at pveproxy's log on the node (journalctl -u pveproxy).",
        cause: error,
      });
    }
  };

  readonly #onLimit = (): void => {
    const { limitMs } = this.#plan;
    const what = this.#request === undefined
      ? `no free place within ${limitMs} ms`
      : `no whole answer within ${limitMs} ms`;
    this.#fail("proxmox.timeout", what, {
      hint: "Look whether the node is overloaded or a storage hangs (pvesm status on the node).",
    });
  };

  readonly #onAbort = (): void => {
    this.#fail("proxmox.aborted", "the caller gave up", { cause: this.#plan.signal?.reason });
  };

  #fail(
    code: ErrorCode,
    what: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ): void {
    const sent = this.#sent();
    this.#failWith(
      new TransportError(code, `Cannot ${this.#plan.name}: ${what}`, {
        ...options,
        sent,
        ...(sent === "no" ? { retry: "safe" } : {}),
      }),
    );
  }

  #failWith(error: TransportError): void {
    if (this.#ended) return;
    this.#end();
    this.#request?.destroy();
    this.#plan.onError(error);
  }

  /** Once a connection was handed to the request, bytes may be on their way. */
  #sent(): Sent {
    return this.#request?.socket ? "maybe" : "no";
  }

  #end(): void {
    this.#ended = true;
    this.#plan.deadlines.delete(this.#onLimit);
    this.#plan.signal?.removeEventListener("abort", this.#onAbort);
    // A moment later: node gives the connection back to the pool in a tick of its own, and who is
    // admitted before that would open a new one.
    queueMicrotask(this.#leaveLanes);
  }

  readonly #leaveLanes = (): void => {
    for (const lane of this.#plan.lanes) lane.leave(this);
  };
}
