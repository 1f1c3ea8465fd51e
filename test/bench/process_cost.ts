import { repositoryRoot } from "../support/repository.ts";

/** Arguments of one run of `deno`. */
export type Arguments = readonly string[];

/**
 * Milliseconds from the start of a process to its end.
 *
 * @throws Error when it does not end well
 */
export async function timeToRun(args: Arguments): Promise<number> {
  const start = performance.now();
  const { code, stderr } = await command(args).output();
  const took = performance.now() - start;
  if (code !== 0) throw failure(args, code, new TextDecoder().decode(stderr));
  return took;
}

/**
 * The most memory a process held resident, in MiB: the kernel's own high-water mark, read until the
 * process is gone. It only ever rises, so the last reading misses at most the very last moment.
 *
 * @throws Error when the process does not end well, or ends before it was looked at
 */
export async function peakMemory(args: Arguments): Promise<number> {
  const child = command(args).spawn();
  let peak = 0;
  let running = true;
  const ended = child.output().finally(() => running = false);
  while (running) {
    peak = Math.max(peak, highWaterMark(child.pid));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { code, stderr } = await ended;
  if (code !== 0) throw failure(args, code, new TextDecoder().decode(stderr));
  if (peak === 0) throw new Error(`Cannot measure "deno ${args.join(" ")}": it was too quick`);
  return peak / 1024;
}

/** KiB; 0 once the process is a zombie or gone. */
function highWaterMark(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isGone(error)) return 0;
    throw error;
  }
}

/** A read of `/proc` that races with the end of the process fails with ESRCH. */
function isGone(error: unknown): boolean {
  return error instanceof Error && error.message.includes("os error 3");
}

function command(args: Arguments): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: repositoryRoot,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

function failure(args: Arguments, code: number, said: string): Error {
  return new Error(`"deno ${args.join(" ")}" ended with status ${code}: ${said.trim()}`);
}
