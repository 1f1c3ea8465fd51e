import * as z from "zod";
import type { HelperRun } from "../ledger/books.ts";

const request = z.object({ op: z.string(), operation: z.string().optional() });

/** Stands between an agent and the helper's socket, and writes down what the agent asks for. */
export interface HelperRelay extends AsyncDisposable {
  /** What was asked for that changes the host, in order, with how it was answered. */
  readonly runs: readonly RelayedRun[];
}

interface RelayedRun extends HelperRun {
  readonly op: string;
}

const answered = z.object({ ok: z.boolean() });

/**
 * Relays connections from one socket to another, request by request. What was handed on goes through
 * to its end whether the agent lives or not, as a helper that systemd started does.
 *
 * @param from made here; the runtime removes it when it is closed
 */
export function relayHelper(from: string, to: string): HelperRelay {
  const runs: RelayedRun[] = [];
  const listener = Deno.listen({ transport: "unix", path: from });
  const calls = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      const call = relay(connection, to, runs)
        .finally(() => calls.delete(call));
      calls.add(call);
    }
  })();
  return {
    runs,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(calls);
    },
  };
}

async function relay(
  agent: Deno.UnixConn,
  to: string,
  runs: RelayedRun[],
): Promise<void> {
  using asking = agent;
  const line = await readLine(asking);
  if (!line.endsWith("\n")) return;
  const { op, operation } = request.parse(JSON.parse(line));
  const place = operation === undefined ? undefined : runs.push({ op, operation }) - 1;
  using helper = await Deno.connect({ transport: "unix", path: to });
  await write(helper, line);
  const answer = await readLine(helper);
  // A helper that died has said nothing.
  if (place !== undefined && operation !== undefined && answer !== "") {
    const { ok } = answered.parse(JSON.parse(answer));
    runs[place] = { op, operation, ok };
  }
  // The one who asked may be dead by now.
  await write(asking, answer).catch(() => {});
}

async function write(connection: Deno.UnixConn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

/** Up to the first newline, or to the end. */
async function readLine(connection: Deno.UnixConn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  while (!text.endsWith("\n")) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text;
}
