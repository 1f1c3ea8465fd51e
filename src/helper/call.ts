import type * as z from "zod";
import {
  answerSchema,
  LIMITS,
  type OperationName,
  OPERATIONS,
  type Params,
  PROTOCOL_VERSION,
  type Result,
  RESULTS,
  toLine,
} from "../../privileged/protocol.ts";
import type { Clock } from "../clock.ts";
import { type ErrorCode, FelhomError, type Retry } from "../errors.ts";
import { HelperError } from "./helper_error.ts";
import type { ConnectHelper, HelperSocket } from "./socket.ts";

/** What a call of the helper needs. */
export interface HelperLink {
  readonly connect: ConnectHelper;
  readonly clock: Clock;
  /** An id that no other request has, of letters, digits, `_` and `-`, at most 64. */
  readonly newId: () => string;
}

export interface CallOptions {
  /** The operation of the journal that this is done for; a mutation must name one. */
  readonly operation?: string;
  /** Milliseconds for the whole call. @default what the protocol gives the operation, and slack */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks the helper one thing over a connection of its own.
 *
 * Whether the call may be repeated stands in the error's `retry`: a read may, a mutation only when
 * the helper said that nothing changed or could not be reached.
 *
 * @throws {FelhomError} `helper.absent`, `helper.slow`, `helper.died`, `helper.malformed`,
 * `helper.too_large`; the signal's reason when it is aborted
 * @throws {HelperError} `helper.rejected`, `helper.refused`, `helper.failed`
 */
export async function callHelper<Op extends OperationName>(
  { connect, clock, newId }: HelperLink,
  { op, params }: { readonly op: Op; readonly params: Params<Op> },
  options: CallOptions = {},
): Promise<Result<Op>> {
  const { mutates, limitMs: worst } = OPERATIONS[op];
  const { operation, signal, limitMs = worst + LIMITS.requestMs } = options;
  signal?.throwIfAborted();
  const doubt: Retry = mutates ? "unknown" : "safe";
  const fail = (code: ErrorCode, message: string, cause?: unknown) =>
    new FelhomError(code, message, { retry: doubt, cause });
  const id = newId();
  const request = {
    v: PROTOCOL_VERSION,
    id,
    ...(operation === undefined ? {} : { operation }),
    op,
    params,
  };

  let socket: HelperSocket | undefined;
  let over = false;
  const given = Promise.withResolvers<never>();
  given.promise.catch(() => {}); // Nobody may wait for it.
  const close = () => {
    if (!over) socket?.close();
    over = true;
    given.reject(new Error("The call is over"));
  };
  const ended = new AbortController();
  let late = false;
  const alarm = clock.sleep(limitMs, ended.signal).then(() => {
    late = true;
    close();
  }, () => {});
  signal?.addEventListener("abort", close, { once: true });
  try {
    const connecting = connect().then((connected) => {
      if (over) connected.close(); // It came too late for anybody to want it.
      return connected;
    }, (error: unknown) => {
      throw new FelhomError("helper.absent", "Cannot reach the privileged helper", {
        hint: "Is its socket there? systemctl status felhom-privileged.socket",
        cause: error,
      });
    });
    socket = await Promise.race([connecting, given.promise]);
    // What the helper said before it closed is read all the same; if it is gone, that shows there.
    await send(socket, toLine(request)).catch(() => {});
    return understand(await receive(socket, fail), { id, result: RESULTS[op](), fail });
  } catch (error) {
    signal?.throwIfAborted();
    if (late) {
      throw new FelhomError("helper.slow", `The helper did not answer within ${limitMs} ms`, {
        // What was never connected was never asked.
        retry: socket === undefined ? "safe" : doubt,
      });
    }
    if (error instanceof FelhomError) throw error;
    throw fail("helper.died", "The helper broke off", error);
  } finally {
    signal?.removeEventListener("abort", close);
    ended.abort();
    await alarm;
    close();
  }
}

type Fail = (code: ErrorCode, message: string, cause?: unknown) => FelhomError;

async function send(socket: HelperSocket, line: string): Promise<void> {
  const bytes = new TextEncoder().encode(line);
  for (let sent = 0; sent < bytes.length;) sent += await socket.write(bytes.subarray(sent));
}

/** The one line of the answer, without its newline. */
async function receive(socket: HelperSocket, fail: Fail): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0;;) {
    const count = await socket.read(buffer);
    if (count === null) {
      throw fail(
        "helper.died",
        bytes === 0
          ? "The helper closed the connection without a word"
          : `The helper closed the connection after ${bytes} bytes of its answer`,
      );
    }
    bytes += count;
    if (bytes > LIMITS.answerBytes) {
      throw fail("helper.too_large", `The answer has more than ${LIMITS.answerBytes} bytes`);
    }
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const end = text.indexOf("\n");
    if (end === -1) continue;
    if (end + 1 < text.length) throw fail("helper.malformed", "Something follows the answer");
    return text.slice(0, end);
  }
}

function understand<T>(
  line: string,
  { id, result, fail }: { readonly id: string; readonly result: z.ZodType<T>; readonly fail: Fail },
): T {
  const answer = answerSchema().safeParse(parseJson(line, fail));
  if (!answer.success) throw fail("helper.malformed", "The answer is not of the protocol");
  if (answer.data.id !== id && !(answer.data.id === null && !answer.data.ok)) {
    throw fail("helper.malformed", "The answer is for another request");
  }
  if (!answer.data.ok) throw new HelperError(answer.data.error);
  const checked = result.safeParse(answer.data.result);
  if (!checked.success) throw fail("helper.malformed", "The result is not of the protocol");
  return checked.data;
}

function parseJson(line: string, fail: Fail): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw fail("helper.malformed", "The answer is not JSON", error);
  }
}
