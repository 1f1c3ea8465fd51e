import { redactTokens } from "../config/secret.ts";
import { printableJson } from "../log/printable.ts";

/**
 * Where a command writes. Nothing here throws; see {@linkcode Output.failure}. What looks like a
 * token is blanked on the way out, whoever put it there: a server may send back what it was sent.
 */
export interface Output {
  /** Writes to stdout: what was asked for. */
  write(text: string): void;
  /** Writes a document to stdout as one line of JSON. Text from outside is escaped in it. */
  writeJson(document: unknown): void;
  /** Writes to stderr: errors, progress, log lines of everything but `run`. */
  writeError(text: string): void;
  /** Columns of the terminal on stdout; `undefined` when it is none. */
  readonly width: number | undefined;
  /** Whether stdout, and stderr, take colour. */
  readonly color: { readonly stdout: boolean; readonly stderr: boolean };
  /**
   * Why output was lost; `undefined` when none was. A reader that closed the pipe (`| head`) has
   * what it wanted and is no failure.
   */
  readonly failure: Error | undefined;
}

/** The terminal or files of this process. Reads `NO_COLOR`. */
export function systemOutput(): Output {
  const color = (Deno.env.get("NO_COLOR") ?? "") === "";
  let failure: Error | undefined;
  const writer = (stream: typeof Deno.stdout | typeof Deno.stderr) => {
    const encoder = new TextEncoder();
    let open = true;
    return (text: string) => {
      const bytes = encoder.encode(redactTokens(text));
      for (let written = 0; open && written < bytes.length;) {
        try {
          written += stream.writeSync(bytes.subarray(written));
        } catch (error) {
          open = false;
          if (error instanceof Deno.errors.BrokenPipe) return;
          failure ??= error instanceof Error ? error : new Error(String(error));
        }
      }
    };
  };
  const write = writer(Deno.stdout);
  return {
    write,
    writeJson: (document) => write(printableJson(JSON.stringify(document)) + "\n"),
    writeError: writer(Deno.stderr),
    width: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : undefined,
    color: {
      stdout: color && Deno.stdout.isTerminal(),
      stderr: color && Deno.stderr.isTerminal(),
    },
    get failure() {
      return failure;
    },
  };
}
