/** The ways in which an answer reaches its client badly. */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Clock } from "../../../src/clock.ts";

const PIECE = 64 * 1024;

/** The whole head and a part of the body, from 0 to 1. */
export function truncated(bytes: Buffer, keep: number): Buffer {
  const body = bytes.indexOf("\r\n\r\n") + 4;
  return bytes.subarray(0, body + Math.floor((bytes.length - body) * keep));
}

/** The same answer with at least so many bytes of headers more. */
export function withFiller(bytes: Buffer, size: number): Buffer {
  const line = bytes.indexOf("\r\n") + 2;
  const header = `X-Filler: ${"x".repeat(1000)}\r\n`;
  const filler = Buffer.from(header.repeat(Math.ceil(size / header.length)));
  return Buffer.concat([bytes.subarray(0, line), filler, bytes.subarray(line)]);
}

/** Sends a byte at a time; whether all of them were sent before `ended`. */
export async function drip(
  stream: Socket,
  bytes: Buffer,
  options: { readonly clock: Clock; readonly everyMs: number; readonly ended: AbortSignal },
): Promise<boolean> {
  for (const byte of bytes) {
    if (!stream.writable) return false;
    stream.write(Uint8Array.of(byte));
    try {
      await options.clock.sleep(options.everyMs, options.ended);
    } catch {
      return false;
    }
  }
  return true;
}

/** Sends `size` bytes of one kind, no faster than the client reads; whether all were sent. */
export async function pour(
  stream: Socket,
  size: number,
  ended: AbortSignal,
): Promise<boolean> {
  const piece = Buffer.alloc(PIECE, "x");
  for (let left = size; left > 0; left -= PIECE) {
    if (!stream.writable) return false;
    if (!stream.write(piece.subarray(0, Math.min(left, PIECE)))) await drained(stream, ended);
  }
  return stream.writable;
}

/** Sends nothing until the client gives up. */
export function silence(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ended.aborted) resolve();
    ended.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Resolves when more can be written, or the connection has ended. */
function drained(stream: Socket, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stream.off("drain", go);
      ended.removeEventListener("abort", go);
      resolve();
    };
    stream.once("drain", go);
    ended.addEventListener("abort", go);
    if (ended.aborted) go();
  });
}
