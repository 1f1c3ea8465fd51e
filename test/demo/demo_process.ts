import { repositoryRoot } from "../support/repository.ts";
import { NO_SANDBOX, sandboxKind } from "../support/sandbox.ts";

/** Whether the demo cannot be shown here. */
export const ignore = sandboxKind === undefined;
if (ignore) {
  // deno-lint-ignore no-console -- whoever reads the result must know what was left out
  console.log(`The demo is not tested: ${NO_SANDBOX}`);
}

export interface DemoOptions {
  readonly args?: readonly string[];
  /** @default the caller's */
  readonly path?: string;
}

/** Starts the demo, with its temporary folders in one. */
export function demo(temporary: string, { args = [], path }: DemoOptions = {}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--frozen", "test/demo/main.ts", ...args],
    cwd: repositoryRoot,
    env: {
      TMPDIR: temporary,
      NO_COLOR: "1",
      ...path === undefined ? {} : { PATH: path },
    },
    // A group of its own, as in a terminal, where Ctrl-C goes to everything that was started.
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Ctrl-C in the terminal of a demo; nothing when it has ended already. */
export function pressCtrlC({ pid }: Deno.ChildProcess): void {
  try {
    Deno.kill(-pid, "SIGINT");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What lies in a folder. */
export async function leftIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

/** Reads what a program prints, on and on. */
export class Reading {
  readonly #reader: ReadableStreamDefaultReader<string>;
  text = "";

  constructor(child: Deno.ChildProcess) {
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until it has printed a text, or everything. */
  async until(text: string | undefined): Promise<void> {
    while (text === undefined || !this.text.includes(text)) {
      const { value, done } = await this.#reader.read();
      if (done) return;
      this.text += value;
    }
  }
}
