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

/** One handler for each operation; what it returns is the answer's `result`. */
export type ControlHandlers = {
  readonly [Op in ControlOp]: (
    request: Extract<ControlRequest, { op: Op }>,
  ) => unknown;
};

export interface ControlServerOptions {
  readonly handlers: ControlHandlers;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves the control socket until it is closed. */
export class ControlServer implements AsyncDisposable {
  readonly #listener: ControlListener;
  readonly #options: ControlServerOptions;
  readonly #open = new Map<ControlConnection, Promise<void>>();
  readonly #accepting: Promise<void>;
  #closed = false;

  constructor(listener: ControlListener, options: ControlServerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#accepting = this.#accept();
  }

  /** Stops listening, and waits for the answers under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#open.values());
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
      const served = this.#serve(connection, this.#open.size < CONTROL_LIMITS.connections)
        .finally(() => this.#open.delete(connection));
      this.#open.set(connection, served);
    }
  }

  async #serve(connection: ControlConnection, admitted: boolean): Promise<void> {
    const { clock, log } = this.#options;
    let id: string | null = null;
    let answer: ControlAnswer;
    try {
      if (!admitted) {
        throw new FelhomError("control.protocol", "Too many connections at once", {
          retry: "safe",
          hint: "Try again in a moment.",
        });
      }
      const line = await readLine(connection, {
        maxBytes: CONTROL_LIMITS.requestBytes,
        limitMs: CONTROL_LIMITS.exchangeMs,
        clock,
      });
      const request = parseRequest(line);
      id = request.id;
      const result = await this.#options.handlers[request.op](request);
      answer = { v: CONTROL_VERSION, id, ok: true, result };
    } catch (error) {
      const document = describe(error);
      log.warn("Refused a request", { id, ...document });
      answer = { v: CONTROL_VERSION, id, ok: false, error: document };
    }
    await this.#answer(connection, answer);
  }

  async #answer(connection: ControlConnection, answer: ControlAnswer): Promise<void> {
    const { clock, log } = this.#options;
    const done = new AbortController();
    const alarm = clock.sleep(CONTROL_LIMITS.exchangeMs, done.signal)
      .then(() => close(connection), () => {});
    try {
      const bytes = new TextEncoder().encode(JSON.stringify(answer) + "\n");
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

function parseRequest(line: string): ControlRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FelhomError("control.protocol", "The request is not JSON", { cause: error });
  }
  const { data, error } = controlRequest.safeParse(value);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new FelhomError(
    "control.protocol",
    `The request is not understood${where}: ${issue?.message}`,
    {
      hint: "Use the felhom-agent of the same version as the daemon.",
    },
  );
}

/** An error for the other side. What the product does not know itself is not told there. */
function describe(error: unknown): ErrorDocument {
  if (!(error instanceof FelhomError)) {
    return { code: "internal.bug", message: "The daemon failed to answer; see its log" };
  }
  const { code, message, hint } = error;
  return hint === undefined ? { code, message } : { code, message, hint };
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
