import { type Clock, systemClock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import { readLine } from "./line.ts";
import {
  CONTROL_LIMITS,
  CONTROL_VERSION,
  controlAnswer,
  type ControlQuestion,
  EXCHANGES,
} from "./protocol.ts";

export interface ControlClientOptions {
  /**
   * Milliseconds until the whole answer must be there.
   *
   * @default what the daemon itself may take, and the time to send and to take it
   */
  readonly limitMs?: number;
  /** @default the machine's */
  readonly clock?: Clock;
}

/**
 * Asks the daemon one thing and gives back the answer's `result`, to be checked by the caller.
 *
 * Needs `--allow-net`, and `--allow-read` and `--allow-write` on the path.
 *
 * @throws {FelhomError} `control.unreachable` when nobody answers, `control.forbidden` when this user
 * may not ask, `control.protocol` when the request is too large or the answer is none, and whatever
 * the daemon answers with
 */
export async function askDaemon(
  path: string,
  question: ControlQuestion,
  options: ControlClientOptions = {},
): Promise<unknown> {
  const { requestBytes, answerBytes, workMs } = EXCHANGES[question.op];
  const { limitMs = workMs + 2 * CONTROL_LIMITS.exchangeMs, clock = systemClock } = options;
  const id = crypto.randomUUID();
  const { op, ...rest } = question;
  // In this order: the daemon looks at the beginning to know how much may follow.
  const text = JSON.stringify({ v: CONTROL_VERSION, id, op, ...rest });
  const request = new TextEncoder().encode(`${text}\n`);
  if (request.length > requestBytes) {
    throw new FelhomError("control.protocol", `The request has more than ${requestBytes} bytes`);
  }
  const connection = await connect(path);
  let line: string;
  try {
    await send(connection, request);
    line = await readLine(connection, { maxBytes: answerBytes, limitMs, clock });
  } catch (error) {
    if (error instanceof FelhomError) throw error;
    throw new FelhomError("control.unreachable", `The daemon on "${path}" broke off`, {
      cause: error,
    });
  } finally {
    close(connection);
  }
  return readAnswer(line, id);
}

/** A daemon that does not read to the end has answered why. */
async function send(connection: Deno.UnixConn, request: Uint8Array): Promise<void> {
  try {
    for (let sent = 0; sent < request.length;) {
      sent += await connection.write(request.subarray(sent));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function connect(path: string): Promise<Deno.UnixConn> {
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new FelhomError("control.forbidden", `You may not ask the daemon on "${path}"`, {
        hint: "Run the command as root or as a member of the group felhom-operators.",
        cause: error,
      });
    }
    throw new FelhomError("control.unreachable", `Cannot reach the daemon on "${path}"`, {
      hint: "Is it running? systemctl status felhom-agent",
      cause: error,
    });
  }
}

function readAnswer(line: string, id: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FelhomError("control.protocol", "The daemon's answer is not JSON", { cause: error });
  }
  const { data } = controlAnswer.safeParse(value);
  if (data === undefined) {
    throw new FelhomError("control.protocol", "The daemon's answer is not understood", {
      hint: "Restart the daemon after an update: systemctl restart felhom-agent.",
    });
  }
  if (!data.ok) {
    const { code, message, hint } = data.error;
    throw new FelhomError(code, message, hint === undefined ? {} : { hint });
  }
  if (data.id !== id) {
    throw new FelhomError("control.protocol", "The daemon answered a question nobody asked");
  }
  return data.result;
}

/** Closes a connection, also one that a time limit closed before. */
function close(connection: Deno.UnixConn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
