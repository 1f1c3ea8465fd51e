import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { readLine } from "./line.ts";
import {
  CONTROL_LIMITS,
  CONTROL_VERSION,
  type ControlAnswer,
  type ControlOp,
  type ControlRequest,
  controlRequest,
  type ErrorDocument,
  EXCHANGES,
  requestBound,
} from "./protocol.ts";

/** A connection, as `Deno.listen` gives it. */
export interface ControlConnection {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

export interface ControlListener {
  accept(): Promise<ControlConnection>;
  close(): void;
}

type Requests = { readonly [Op in ControlOp]: Extract<ControlRequest, { op: Op }> };

/** One handler for each operation; what it returns, at once or later, is the answer's `result`. */
export type ControlHandlers = {
  readonly [Op in ControlOp]: (request: Requests[Op]) => unknown;
};

export interface ControlServerOptions {
  readonly handlers: ControlHandlers;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds that work under way has to end when the server closes, and its answer to be taken. */
const CLOSING_MS = 1_000;

/** One connection, as long as it is open. */
interface Served {
  readonly connection: ControlConnection;
  /** Whether its request has not come yet. */
  waiting: boolean;
}

/** Serves the control socket until it is closed. */
export class ControlServer implements AsyncDisposable {
  readonly #listener: ControlListener;
  readonly #options: ControlServerOptions;
  readonly #open = new Map<Served, Promise<void>>();
  /** Aborted when the answer cannot be waited for any longer; one for each request at work. */
  readonly #working = new Set<AbortController>();
  readonly #accepting: Promise<void>;
  #long = 0;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(listener: ControlListener, options: ControlServerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#accepting = this.#accept();
  }

  /**
   * Stops listening, and lets answers under way be given. Who has not asked yet is cut off; what
   * takes too long is answered without its result, and goes on unseen.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    await this.#accepting;
    if (this.#open.size === 0) return;
    for (const { connection, waiting } of this.#open.keys()) if (waiting) close(connection);
    const done = new AbortController();
    const hurrying = this.#hurry(done.signal).catch(() => {});
    await Promise.all(this.#open.values());
    done.abort();
    await hurrying;
  }

  async #hurry(done: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(CLOSING_MS, done);
    for (const working of this.#working) {
      working.abort(
        new FelhomError("control.unreachable", "The daemon stops; the answer was not there yet", {
          retry: "unknown",
          hint: "It may have been taken all the same: see felhom-agent journal.",
        }),
      );
    }
    await this.#options.clock.sleep(CLOSING_MS, done);
    for (const { connection } of this.#open.keys()) close(connection);
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      let connection: ControlConnection;
      try {
        connection = await this.#listener.accept();
      } catch (error) {
        if (this.#closed) return;
        // Out of file handles, mostly: it passes, and a hot loop would make it worse.
        this.#options.log.warn("Cannot accept a connection", { error: messageOf(error) });
        await this.#options.clock.sleep(200);
        continue;
      }
      const served: Served = { connection, waiting: true };
      const admitted = this.#open.size < CONTROL_LIMITS.connections;
      this.#open.set(
        served,
        this.#serve(served, admitted).finally(() => this.#open.delete(served)),
      );
    }
  }

  async #serve(served: Served, admitted: boolean): Promise<void> {
    const { clock, log } = this.#options;
    const { connection } = served;
    let id: string | null = null;
    let line = "";
    let error: ErrorDocument;
    try {
      if (!admitted) throw tooMany("connections");
      const text = await readLine(connection, {
        maxBytes: CONTROL_LIMITS.requestBytes,
        moreFor: requestBound,
        limitMs: CONTROL_LIMITS.exchangeMs,
        clock,
      });
      served.waiting = false;
      const request = parseRequest(text);
      id = request.id;
      line = answerLine({ v: CONTROL_VERSION, id, ok: true, result: await this.#work(request) });
      const { answerBytes } = EXCHANGES[request.op];
      if (line.length <= answerBytes && byteLength(line) <= answerBytes) {
        return await this.#answer(connection, line);
      }
      error = {
        code: "control.protocol",
        message: `The answer has more than ${answerBytes} bytes`,
      };
    } catch (thrown) {
      if (served.waiting && this.#closed) return close(connection);
      error = describe(thrown);
      if (!(thrown instanceof FelhomError)) {
        log.error("Failed to answer a request", { id, error: messageOf(thrown) });
      }
    }
    served.waiting = false;
    log.warn("Refused a request", { id, ...error });
    await this.#answer(connection, answerLine({ v: CONTROL_VERSION, id, ok: false, error }));
  }

  /** What the handler returns, unless it takes too long: then it goes on, and nobody waits for it. */
  async #work(request: ControlRequest): Promise<unknown> {
    const { workMs, long } = EXCHANGES[request.op];
    if (long && this.#long >= CONTROL_LIMITS.long) throw tooMany("long requests");
    const working = new AbortController();
    this.#working.add(working);
    const late = this.#options.clock.sleep(workMs, working.signal).then(() => {
      throw new FelhomError("control.protocol", `There was no answer within ${workMs} ms`, {
        retry: "unknown",
        hint: "It may be taken all the same: see felhom-agent journal.",
      });
    });
    if (long) this.#long++;
    const result = handle(this.#options.handlers, request.op, request).finally(() => {
      if (long) this.#long--;
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      this.#working.delete(working);
      working.abort();
      await late.catch(() => {});
    }
  }

  async #answer(connection: ControlConnection, line: string): Promise<void> {
    const { clock, log } = this.#options;
    const done = new AbortController();
    const alarm = clock.sleep(CONTROL_LIMITS.exchangeMs, done.signal)
      .then(() => close(connection), () => {});
    try {
      const bytes = new TextEncoder().encode(line);
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    } catch (error) {
      log.debug("A client left without its answer", { error: messageOf(error) });
    } finally {
      done.abort();
      await alarm;
      close(connection);
    }
  }
}

async function handle<Op extends ControlOp>(
  handlers: ControlHandlers,
  op: Op,
  request: Requests[Op],
): Promise<unknown> {
  return await handlers[op](request);
}

function parseRequest(line: string): ControlRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FelhomError("control.protocol", "The request is not JSON", { cause: error });
  }
  const { data, error } = controlRequest.safeParse(value);
  if (data === undefined) {
    const issue = error.issues[0];
    const where = issue === undefined || issue.path.length === 0
      ? ""
      : ` at ${issue.path.join(".")}`;
    throw new FelhomError(
      "control.protocol",
      `The request is not understood${where}: ${issue?.message}`,
      { hint: "Use the felhom-agent of the same version as the daemon." },
    );
  }
  // What it began with may not be what it turned out to be.
  const { requestBytes } = EXCHANGES[data.op];
  if (line.length < requestBytes && byteLength(line) < requestBytes) return data;
  throw new FelhomError("control.protocol", `The request has more than ${requestBytes} bytes`);
}

function tooMany(what: string): FelhomError {
  return new FelhomError("control.protocol", `Too many ${what} at once`, {
    retry: "safe",
    hint: "Try again in a moment.",
  });
}

function answerLine(answer: ControlAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** An error for the other side. What the product does not know itself is not told there. */
function describe(error: unknown): ErrorDocument {
  if (error instanceof FelhomError) return error.told;
  return { code: "internal.bug", message: "The daemon failed to answer; see its log" };
}

/** Closes a connection, whoever closed it before. */
function close(connection: ControlConnection): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
