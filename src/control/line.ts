import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";

export interface ReadLineOptions {
  /** Most bytes that are taken, the newline included. */
  readonly maxBytes: number;
  /** Milliseconds for the whole line. */
  readonly limitMs: number;
  readonly clock: Clock;
}

/** What lines are read from: a connection. */
export interface ByteSource {
  read(buffer: Uint8Array): Promise<number | null>;
  close(): void;
}

/**
 * Reads one line of UTF-8 from a connection, without the newline. A connection that breaks the time
 * limit is closed, because that is what ends a read that waits.
 *
 * @throws {FelhomError} `control.protocol`
 */
export async function readLine(source: ByteSource, options: ReadLineOptions): Promise<string> {
  const done = new AbortController();
  let late = false;
  const alarm = options.clock.sleep(options.limitMs, done.signal).then(() => {
    late = true;
    source.close();
  }, () => {});
  try {
    return await collect(source, options.maxBytes);
  } catch (error) {
    if (!late) throw error;
    throw protocolError(`No complete line came within ${options.limitMs} ms`);
  } finally {
    done.abort();
    await alarm;
  }
}

async function collect(source: ByteSource, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(16 * 1024);
  let length = 0;
  for (;;) {
    const count = await source.read(buffer);
    if (count === null) {
      throw protocolError(
        length === 0
          ? "The connection was closed without a word"
          : "The connection was closed in the middle of a line",
      );
    }
    const end = buffer.subarray(0, count).indexOf(0x0a);
    const taken = end === -1 ? count : end;
    length += taken;
    if (length >= maxBytes) throw protocolError(`A line has more than ${maxBytes} bytes`);
    chunks.push(buffer.slice(0, taken));
    if (end === -1) continue;
    if (end + 1 < count) throw protocolError("More than one line was sent");
    return decode(chunks, length);
  }
}

function decode(chunks: readonly Uint8Array[], length: number): string {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(whole);
  } catch (error) {
    throw protocolError("A line is not UTF-8", error);
  }
}

function protocolError(message: string, cause?: unknown): FelhomError {
  return new FelhomError("control.protocol", message, { cause });
}
