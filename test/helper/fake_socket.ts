import type { HelperSocket } from "../../src/helper/mod.ts";

/** A helper that answers what a test tells it to. */
export interface FakeHelper {
  /** What it was sent. */
  readonly received: string[];
  readonly closed: () => boolean;
  connect: () => Promise<HelperSocket>;
}

/**
 * A connection whose other end sends these pieces, made from the request; then it closes, or
 * stays open without a word.
 */
export function fakeHelper(
  answer: (request: { readonly id: string }) => readonly (string | Uint8Array)[],
  options: {
    /** @default false */
    readonly stayOpen?: boolean;
    /** Bytes that a write takes at once. @default all */
    readonly writeAtOnce?: number;
  } = {},
): FakeHelper {
  const received: string[] = [];
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {}); // Nobody may wait for it.
  let isClosed = false;
  let text = "";
  let pieces: Uint8Array[] | undefined;
  const socket: HelperSocket = {
    write(bytes) {
      const taken = bytes.subarray(0, options.writeAtOnce ?? bytes.length);
      text += new TextDecoder().decode(taken);
      return Promise.resolve(taken.length);
    },
    async read(buffer) {
      if (pieces === undefined) {
        received.push(text);
        const encoder = new TextEncoder();
        pieces = answer(JSON.parse(text))
          .map((piece) => typeof piece === "string" ? encoder.encode(piece) : piece);
      }
      const piece = pieces.shift();
      if (piece === undefined) return options.stayOpen === true ? await closed.promise : null;
      const part = piece.subarray(0, buffer.length);
      if (part.length < piece.length) pieces.unshift(piece.subarray(part.length));
      buffer.set(part);
      return part.length;
    },
    close() {
      if (isClosed) throw new Error("Closed twice");
      isClosed = true;
      closed.reject(new Error("Bad resource"));
    },
  };
  return { received, closed: () => isClosed, connect: () => Promise.resolve(socket) };
}
