import type { Clock } from "../clock.ts";
import { FelhomError } from "../errors.ts";

export interface ReadLineOptions {
  /** Most bytes that are taken, the newline included. */
  readonly maxBytes: number;
  /**
   * Asked once when a line is longer than that: the most bytes of a line that begins so.
   *
   * @param start its first 256 bytes
   */
  readonly moreFor?: (start: string) => number;
  /** Milliseconds for the whole line. */
  readonly limitMs: number;
  /** Milliseconds for its first byte. @default `limitMs` */
  readonly firstByteMs?: number;
  /** Called when the first byte has come. */
  readonly begun?: () => void;
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
  const { clock, limitMs, firstByteMs = limitMs } = options;
  const done = new AbortController();
  let begun = false;
  let late: string | undefined;
  const alarm = (async () => {
    await clock.sleep(firstByteMs, done.signal);
    if (begun) await clock.sleep(limitMs - firstByteMs, done.signal);
    late = begun
      ? `No complete line came within ${limitMs} ms`
      : `Nothing came within ${firstByteMs} ms`;
    source.close();
  })().catch(() => {});
  try {
    return await collect(source, options, () => {
      if (!begun) options.begun?.();
      begun = true;
    });
  } catch (error) {
    if (late === undefined) throw error;
    throw protocolError(late);
  } finally {
    done.abort();
    await alarm;
  }
}

/** Bytes of a line that its bound may depend on. */
const START_BYTES = 256;

async function collect(
  source: ByteSource,
  { maxBytes, moreFor }: Pick<ReadLineOptions, "maxBytes" | "moreFor">,
  came: () => void,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bound: number | undefined;
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
    if (count > 0) came();
    const end = buffer.subarray(0, count).indexOf(0x0a);
    const taken = end === -1 ? count : end;
    length += taken;
    chunks.push(buffer.slice(0, taken));
    if (length >= maxBytes) {
      bound ??= Math.max(maxBytes, moreFor?.(startOf(chunks)) ?? maxBytes);
      if (length >= bound) throw protocolError(`A line has more than ${bound} bytes`);
    }
    if (end === -1) continue;
    if (end + 1 < count) throw protocolError("More than one line was sent");
    return decode(chunks, length);
  }
}

function startOf(chunks: readonly Uint8Array[]): string {
  const start: number[] = [];
  for (const chunk of chunks) {
    start.push(...chunk.subarray(0, START_BYTES - start.length));
    if (start.length >= START_BYTES) break;
  }
  return new TextDecoder().decode(new Uint8Array(start));
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
