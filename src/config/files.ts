/** What became of reading a file. */
export type FileContent =
  | {
    readonly kind: "bytes";
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** Permission bits, as `0o640`. */
    readonly mode: number;
  }
  | { readonly kind: "missing" | "denied" | "directory" | "special" | "too_large" }
  | { readonly kind: "failed"; readonly reason: string };

/** Reads at most `limit` bytes of a regular file. Never throws. */
export type ReadFile = (path: string, limit: number) => Promise<FileContent>;

/** Reads from the machine. Needs `--allow-read` on the path. */
export const readSystemFile: ReadFile = async (path, limit) => {
  try {
    // Asked first, because opening a pipe would wait for somebody to write to it.
    const kind = await Deno.stat(path);
    if (kind.isDirectory) return { kind: "directory" };
    if (!kind.isFile) return { kind: "special" };
    using file = await Deno.open(path);
    const { mode } = await file.stat();
    const buffer = new Uint8Array(limit + 1);
    let length = 0;
    while (length <= limit) {
      const count = await file.read(buffer.subarray(length));
      if (count === null) break;
      length += count;
    }
    if (length > limit) return { kind: "too_large" };
    return { kind: "bytes", bytes: buffer.slice(0, length), mode: (mode ?? 0) & 0o7777 };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "missing" };
    if (error instanceof Deno.errors.NotADirectory) return { kind: "missing" };
    if (error instanceof Deno.errors.PermissionDenied) return { kind: "denied" };
    if (error instanceof Deno.errors.NotCapable) return { kind: "denied" };
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
};

/** Why a file could not be used, and what mends it. */
export function whyUnreadable(
  path: string,
  content: Exclude<FileContent, { kind: "bytes" }>,
  limit: number,
): { readonly reason: string; readonly hint: string } {
  switch (content.kind) {
    case "missing":
      return { reason: "The file does not exist", hint: `Create ${path}.` };
    case "denied":
      return {
        reason: "This user may not read the file",
        hint: "Run the command as root, or let the agent read it: " +
          `chgrp felhom-agent ${path} && chmod 0640 ${path}`,
      };
    case "directory":
      return { reason: "It is a directory", hint: "Name a file." };
    case "special":
      return { reason: "It is no regular file", hint: "Name a regular file." };
    case "too_large":
      return { reason: `The file has more than ${limit} bytes`, hint: "Name the right file." };
    case "failed":
      return { reason: `Reading it failed: ${content.reason}`, hint: "See the system's log." };
  }
}

/** Whether users other than the owner and the group may read or write a file. */
export function isExposed(mode: number): boolean {
  return (mode & 0o006) !== 0;
}

/** `0644`, as chmod takes it. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Text of bytes in UTF-8, without a byte order mark; `undefined` when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
