import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { HeldBack } from "../log/held_back.ts";
import { readLine } from "./line.ts";
import { LISTENER_LIMITS, type ListenerClass } from "./listener_class.ts";
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
import { Rates } from "./rates.ts";

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
  /**
   * The keys of those who signed a submission and may, whatever becomes of it otherwise. Asked before
   * anything is counted or done for it, so it costs the verification alone.
   */
  readonly signedBy: (submission: Requests["submit"]) => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Logger;
  /** For whom it listens. @default "operators" */
  readonly listener?: ListenerClass;
}

/** Milliseconds that work under way has to end when the server closes, and its answer to be taken. */
const CLOSING_MS = 1_000;

/** Milliseconds that a client surely has to take its answer. */
const TAKING_MS = 50;

/** One connection, as long as it is open. */
interface Served {
  readonly connection: ControlConnection;
  /** When it came, milliseconds of the monotonic clock. */
  readonly since: number;
  /** Whether its request has not come yet, all of it. */
  waiting: boolean;
  /** When it began to be given its answer; null before. */
  answeringSince: number | null;
  /** Whether another took its place. */
  dropped: boolean;
}

/** Serves the control socket until it is closed. */
export class ControlServer implements AsyncDisposable {
  readonly #listener: ControlListener;
  readonly #options: ControlServerOptions;
  readonly #open = new Map<Served, Promise<void>>();
  /** Aborted when the answer cannot be waited for any longer; one for each request at work. */
  readonly #working = new Set<AbortController>();
  readonly #accepting: Promise<void>;
  readonly #rates = new Rates();
  readonly #refusals: HeldBack;
  readonly #busy = { long: 0, signed: 0 };
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(listener: ControlListener, options: ControlServerOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#refusals = new HeldBack({ ...options, what: "refusals" });
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
    if (this.#open.size > 0) await this.#end();
    await this.#refusals[Symbol.asyncDispose]();
  }

  async #end(): Promise<void> {
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
      const admitted = this.#makeRoom();
      const since = this.#options.clock.monotonic();
      const served: Served = {
        connection,
        since,
        waiting: true,
        answeringSince: null,
        dropped: false,
      };
      this.#open.set(
        served,
        this.#serve(served, admitted).finally(() => this.#open.delete(served)),
      );
    }
  }

  /**
   * Makes room for one more, where there is none: of those without a word or with half a request the
   * one goes that has been there longest, which is no age of its own: those that come again and again
   * are older than whoever comes now. Else the one goes that has not taken its answer for longest. One
   * that is at work never goes.
   */
  #makeRoom(): boolean {
    const open = [...this.#open.keys()].filter(({ dropped }) => !dropped);
    if (open.length < this.#limits.connections) return true;
    const goes = open.find(({ waiting }) => waiting) ?? this.#slowestTaker(open);
    if (goes === undefined) return false;
    goes.dropped = true;
    close(goes.connection);
    return true;
  }

  #slowestTaker(open: readonly Served[]): Served | undefined {
    const before = this.#options.clock.monotonic() - TAKING_MS;
    const age = ({ answeringSince }: Served) => answeringSince ?? Infinity;
    return open.filter((served) => age(served) <= before)
      .toSorted((one, other) => age(one) - age(other))[0];
  }

  get #limits() {
    return LISTENER_LIMITS[this.#options.listener ?? "operators"];
  }

  async #serve(served: Served, admitted: boolean): Promise<void> {
    const { clock } = this.#options;
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
        firstByteMs: CONTROL_LIMITS.firstByteMs,
        clock,
      });
      served.waiting = false;
      const request = parseRequest(text);
      id = request.id;
      line = answerLine({ v: CONTROL_VERSION, id, ok: true, result: await this.#work(request) });
      const { answerBytes } = EXCHANGES[request.op];
      if (line.length <= answerBytes && byteLength(line) <= answerBytes) {
        return await this.#answer(served, line);
      }
      error = {
        code: "control.protocol",
        message: `The answer has more than ${answerBytes} bytes`,
      };
    } catch (thrown) {
      if (served.waiting && (this.#closed || served.dropped)) return close(connection);
      error = describe(thrown);
      if (!(thrown instanceof FelhomError)) {
        this.#options.log.error("Failed to answer a request", { id, error: messageOf(thrown) });
      }
    }
    served.waiting = false;
    this.#refusals.warn("Refused a request", { id, ...error });
    await this.#answer(served, answerLine({ v: CONTROL_VERSION, id, ok: false, error }));
  }

  /** What the handler returns, unless it takes too long: then it goes on, and nobody waits for it. */
  async #work(request: ControlRequest): Promise<unknown> {
    const { workMs, long } = EXCHANGES[request.op];
    const keys = request.op === "submit" ? await this.#options.signedBy(request) : [];
    const signed = request.op === "submit" && keys.length > 0;
    const now = this.#options.clock.monotonic();
    if (signed) this.#rates.admitSigned(request.document, keys, now);
    else this.#rates.admit(request.op, now);
    const places = signed ? "signed" : "long";
    if (long && this.#busy[places] >= this.#limits[places]) throw tooMany(`${places} requests`);
    const working = new AbortController();
    this.#working.add(working);
    const late = this.#options.clock.sleep(workMs, working.signal).then(() => {
      throw new FelhomError("control.protocol", `There was no answer within ${workMs} ms`, {
        retry: "unknown",
        hint: "It may be taken all the same: see felhom-agent journal.",
      });
    });
    if (long) this.#busy[places]++;
    const result = handle(this.#options.handlers, request.op, request).finally(() => {
      if (long) this.#busy[places]--;
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      this.#working.delete(working);
      working.abort();
      await late.catch(() => {});
    }
  }

  async #answer(served: Served, line: string): Promise<void> {
    const { clock, log } = this.#options;
    const { connection } = served;
    served.answeringSince = clock.monotonic();
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
