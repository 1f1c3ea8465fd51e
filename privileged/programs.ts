import type { CommandLine } from "./command_line.ts";
import { Refusal } from "./helper_errors.ts";

/** How a program ended. */
export interface Ran {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was ended because it took too long. */
  readonly timedOut: boolean;
  /** Milliseconds that it ran. */
  readonly ms: number;
  /** It printed more than is read; it was ended then. */
  readonly overflowed: boolean;
}

export interface RunOptions {
  /** Milliseconds until the program is killed. */
  readonly limitMs: number;
  /** Bytes that are read of what it prints. @default 1048576 */
  readonly maxBytes?: number;
}

/** Starts a program by its absolute path, without a shell, with a fixed environment. */
export type Run = (argv: readonly [string, ...string[]], options: RunOptions) => Promise<Ran>;

/** Programs that need no root, by absolute path: they are in the permission set by name. */
export const READERS = {
  findmnt: "/usr/bin/findmnt",
  lsblk: "/usr/bin/lsblk",
  stat: "/usr/bin/stat",
  ls: "/usr/bin/ls",
  sensors: "/usr/bin/sensors",
} as const;

export const SUDO = "/usr/bin/sudo";

/** sudo ends the program first; this much later the helper gives up on sudo itself. */
const SUDO_GRACE_MS = 5_000;

/** How the helper starts programs: as itself, and as root by one of its command lines. */
export class Programs {
  readonly #run: Run;
  readonly mode: "sudo" | "direct";

  constructor(run: Run, mode: "sudo" | "direct") {
    this.#run = run;
    this.mode = mode;
  }

  /**
   * Runs a reader as the helper's own user.
   *
   * @throws {Refusal} `time_limit`, `program_garbage` when it printed too much, `program_missing`
   */
  async read(program: keyof typeof READERS, args: readonly string[]): Promise<Ran> {
    const ran = await this.#run([READERS[program], ...args], { limitMs: 10_000 });
    if (ran.timedOut) throw new Refusal("time_limit", `${READERS[program]} did not end`);
    if (ran.overflowed) throw new Refusal("program_garbage", `${READERS[program]} said too much`);
    return ran;
  }

  /**
   * Runs a command line as root. A time limit is an answer: the caller looks what became of it.
   *
   * @throws {Refusal} `not_permitted`, `program_missing`
   */
  async asRoot<Name extends string>(
    command: CommandLine<Name>,
    values: Readonly<Record<Name, string>>,
  ): Promise<Ran> {
    const argv = [command.program, ...command.args(values)] as const;
    const limitMs = command.seconds * 1000 + SUDO_GRACE_MS;
    if (this.mode === "direct") return await this.#run(argv, { limitMs });
    const ran = await this.#run([SUDO, "-n", "--", ...argv], { limitMs });
    throwIfSudoRefused(ran, command.program);
    // sudo ends as the program it had to end did, by a signal or not; how long it took tells.
    const ended = ran.code !== 0 && ran.ms >= command.seconds * 1000;
    return { ...ran, timedOut: ran.timedOut || ended };
  }

  /** Whether sudo has a rule for this command line, for the ends of its ranges. Runs nothing. */
  async isPermitted(command: CommandLine): Promise<boolean> {
    const asked = await Promise.all(
      command.examples().map((args) =>
        this.#run([SUDO, "-n", "-l", "--", command.program, ...args], { limitMs: 10_000 })
      ),
    );
    return asked.every(({ code }) => code === 0);
  }
}

/** sudo's own errors come with exit status 1 and one of two beginnings. */
function throwIfSudoRefused({ code, stderr }: Ran, program: string): void {
  if (code !== 1) return;
  const line = stderr.split("\n").find((text) => /^(?:sudo: |Sorry, user )/.test(text));
  if (line === undefined) return;
  if (line.endsWith("command not found")) {
    throw new Refusal("program_missing", `${program} is not installed`);
  }
  throw new Refusal("not_permitted", `sudo does not let the helper run ${program} (${line})`);
}
