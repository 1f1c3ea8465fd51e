import { Refusal } from "./helper_errors.ts";
import type { Run } from "./programs.ts";
import { EXPIRED, type Time } from "./time.ts";

/** Everything a program sees of an environment; nothing of the helper's own reaches it. */
const ENVIRONMENT = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
  TZ: "UTC",
} as const;

/** How long a pipe may stay open after its program ended: something it left behind holds it. */
const LEFT_OPEN_MS = 500;

/**
 * Runs programs to their end: no shell, no input, a fixed environment, bounded in time and output.
 *
 * Killing `sudo` does not kill what it runs as root, and what that left running may hold the pipes;
 * so the end of the program ends the wait, not the end of its output.
 *
 * A run needs `--allow-run` for the program, by its absolute path, and throws a
 * {@linkcode Refusal} `program_missing` when it is not there.
 */
export function programRunner(time: Time): Run {
  return async ([program, ...args], { limitMs, maxBytes = 1_048_576 }) => {
    const started = time.now();
    const child = spawn(program, args);
    const kill = () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It ended by itself meanwhile.
      }
    };
    const stdout = collect(child.stdout, maxBytes, kill);
    const stderr = collect(child.stderr, maxBytes, kill);
    const timedOut = await time.within(child.status, limitMs) === EXPIRED;
    if (timedOut) kill();
    const { code, signal } = await child.status;
    const ms = time.now() - started;
    await time.within(Promise.all([stdout.done, stderr.done]), LEFT_OPEN_MS);
    await Promise.all([stdout.stop(), stderr.stop()]);
    return {
      code: signal === null ? code : null,
      stdout: stdout.text(),
      stderr: stderr.text(),
      timedOut,
      ms,
      overflowed: stdout.overflowed() || stderr.overflowed(),
    };
  };
}

function spawn(program: string, args: string[]) {
  try {
    return new Deno.Command(program, {
      args,
      clearEnv: true,
      env: ENVIRONMENT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Refusal("program_missing", `${program} is not installed`);
    }
    throw error;
  }
}

function collect(stream: ReadableStream<Uint8Array>, maxBytes: number, onOverflow: () => void) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const done = (async () => {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) return;
      bytes += value.length;
      if (bytes > maxBytes) return onOverflow();
      text += decoder.decode(value, { stream: true });
    }
  })();
  return {
    done,
    stop: () => reader.cancel(),
    text: () => text,
    overflowed: () => bytes > maxBytes,
  };
}
