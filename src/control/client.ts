import { type Clock, systemClock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import { readLine } from "./line.ts";
import { CONTROL_LIMITS, CONTROL_VERSION, controlAnswer, type ControlOp } from "./protocol.ts";

export interface ControlClientOptions {
  /**
   * Milliseconds until the whole answer must be there.
   *
   * @default 10_000
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
 * @throws {FelhomError} `control.unreachable` when nobody answers, `control.protocol` when the answer
 * is none, and whatever the daemon answers with
 */
export async function askDaemon(
  path: string,
  op: ControlOp,
  options: ControlClientOptions = {},
): Promise<unknown> {
  const { limitMs = 10_000, clock = systemClock } = options;
  const connection = await connect(path);
  const id = crypto.randomUUID();
  let line: string;
  try {
    const request = new TextEncoder().encode(JSON.stringify({ v: CONTROL_VERSION, id, op }) + "\n");
    for (let sent = 0; sent < request.length;) {
      sent += await connection.write(request.subarray(sent));
    }
    line = await readLine(connection, { maxBytes: CONTROL_LIMITS.answerBytes, limitMs, clock });
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

async function connect(path: string): Promise<Deno.UnixConn> {
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    throw new FelhomError("control.unreachable", `Cannot reach the daemon on "${path}"`, {
      hint: error instanceof Deno.errors.PermissionDenied
        ? "Run the command as root or as a member of the group felhom-operators."
        : "Is it running? systemctl status felhom-agent",
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
