import { Refusal } from "./helper_errors.ts";
import { LIMITS } from "./protocol.ts";
import { EXPIRED, type Time } from "./time.ts";

const NEWLINE = 10;

/** Where a request comes from. */
export interface ByteSource {
  /** Resolves to the bytes that were read into `buffer`, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/**
 * Reads one line, the request, without its newline. Takes no more than
 * {@linkcode LIMITS.requestBytes} from the peer and waits no longer than
 * {@linkcode LIMITS.requestMs} for all of it.
 *
 * @throws {Refusal} `empty`, `incomplete`, `too_slow`, `too_large`, or `malformed` when bytes follow
 * the newline or are no printable ASCII
 */
export async function readRequest(
  input: ByteSource,
  time: Time,
): Promise<string> {
  const end = time.now() + LIMITS.requestMs;
  const line = new Uint8Array(LIMITS.requestBytes + 1);
  let length = 0;
  for (;;) {
    const left = Math.max(0, end - time.now());
    const count = await time.within(input.read(line.subarray(length)), left);
    if (count === EXPIRED) {
      throw new Refusal("too_slow", `The request did not end within ${LIMITS.requestMs} ms`);
    }
    if (count === null) throw endedEarly(length);
    const newline = line.subarray(length, length + count).indexOf(NEWLINE);
    if (newline === -1) {
      length += count;
      if (length < LIMITS.requestBytes) continue;
      throw new Refusal("too_large", `A request has at most ${LIMITS.requestBytes} bytes`);
    }
    if (newline + 1 < count) throw new Refusal("malformed", "Something follows the request");
    return toText(line.subarray(0, length + newline));
  }
}

function endedEarly(length: number): Refusal {
  return length === 0
    ? new Refusal("empty", "The connection ended before a request came")
    : new Refusal("incomplete", `The connection ended after ${length} bytes without a newline`);
}

/** All grammars are ASCII, so nothing else can be part of a request. */
function toText(bytes: Uint8Array): string {
  const stray = bytes.find((byte) => byte < 0x20 || byte > 0x7e);
  if (stray !== undefined) {
    const hex = stray.toString(16).padStart(2, "0");
    throw new Refusal("malformed", `A request is printable ASCII, but has the byte 0x${hex}`);
  }
  return new TextDecoder().decode(bytes);
}
