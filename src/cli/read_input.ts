import { FelhomError } from "../errors.ts";

/**
 * Reads what was piped in, to its end. Operators' files come in this way, because the program may
 * read nowhere else.
 *
 * @throws {FelhomError} `usage.invalid` when stdin is a terminal, or holds more than `limit` bytes
 */
export async function readInput(limit: number, example: string): Promise<Uint8Array> {
  const hint = `Pipe it in: ${example}`;
  if (Deno.stdin.isTerminal()) {
    throw new FelhomError("usage.invalid", "Cannot read from a terminal", { hint });
  }
  const buffer = new Uint8Array(limit + 1);
  let length = 0;
  while (length <= limit) {
    const count = await Deno.stdin.read(buffer.subarray(length));
    if (count === null) return buffer.slice(0, length);
    length += count;
  }
  throw new FelhomError("usage.invalid", `Cannot read more than ${limit} bytes from stdin`, {
    hint,
  });
}
