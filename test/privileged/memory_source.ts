import type { ByteSource } from "../../privileged/read_request.ts";

/** A source of these chunks; text is encoded as UTF-8. Ends after the last, unless it stays open. */
export function sourceOf(
  chunks: readonly (string | Uint8Array)[],
  options: {
    /** @default false */
    readonly stayOpen?: boolean;
  } = {},
): ByteSource {
  const encoder = new TextEncoder();
  const rest = chunks.map((chunk) => typeof chunk === "string" ? encoder.encode(chunk) : chunk)
    .filter((chunk) => chunk.length > 0);
  return {
    async read(buffer) {
      const next = rest.shift();
      if (next === undefined) {
        return options.stayOpen === true ? await new Promise<null>(() => {}) : null;
      }
      const part = next.subarray(0, buffer.length);
      if (part.length < next.length) rest.unshift(next.subarray(part.length));
      buffer.set(part);
      return part.length;
    },
  };
}
