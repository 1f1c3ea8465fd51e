import type { LogSink } from "../log/create_logger.ts";

/** Writes log lines to stdout, which needs no right. A reader that went away is no reason to fail. */
export const stdoutSink: LogSink = {
  write(line) {
    try {
      const bytes = new TextEncoder().encode(line);
      for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  },
};
