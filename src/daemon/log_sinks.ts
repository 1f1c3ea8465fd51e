import type { LogSink } from "../log/create_logger.ts";

/** Writes log lines to stdout, which needs no right. */
export const stdoutSink: LogSink = sinkOn(Deno.stdout);

/** Writes log lines to stderr, for commands whose own output is on stdout. Needs no right. */
export const stderrSink: LogSink = sinkOn(Deno.stderr);

function sinkOn(stream: { writeSync(bytes: Uint8Array): number }): LogSink {
  return {
    write(line) {
      try {
        const bytes = new TextEncoder().encode(line);
        for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
      } catch (error) {
        // A reader that went away is no reason to fail.
        if (!(error instanceof Error)) throw error;
      }
    },
  };
}
