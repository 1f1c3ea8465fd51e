import { type FileHeader, HEADER_LENGTH, parseHeader } from "./file_header.ts";

/**
 * Reads the beginning of a file; `undefined` when there is none.
 *
 * Not while SQLite has the file open in this process: closing it here would drop SQLite's locks.
 */
export function readHeader(path: string): FileHeader | undefined {
  try {
    using file = Deno.openSync(path, { read: true });
    const bytes = new Uint8Array(HEADER_LENGTH);
    return parseHeader(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
