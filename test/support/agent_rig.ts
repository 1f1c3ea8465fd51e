import { bundleAgent } from "../../src/build/bundle.ts";
import { systemClock } from "../../src/clock.ts";
import { createPve } from "../sim/pve/mod.ts";
import { makeTlsMaterial, Wire } from "../sim/wire/mod.ts";
import { AGENT_TASK } from "./agent_task.ts";
import { Sandbox, type SandboxCommandOptions } from "./sandbox.ts";

/** Machine time after which a line that is waited for will not come. */
const PATIENCE_MS = 60_000;

export interface AgentRigOptions {
  /** Entry of the program. @default "main.ts" */
  readonly main?: string;
  /** Entry of the Workers. @default "src/daemon/worker.ts" */
  readonly daemon?: string;
}

export interface AgentCommandOptions extends SandboxCommandOptions {
  /** A program with its options that runs the agent, such as strace. @default none */
  readonly under?: readonly string[];
}

/**
 * The agent as it is shipped, in a sandbox, with a simulated Proxmox host to talk to. Built anew, so
 * that test files which run at once do not share a build.
 */
export class AgentRig implements AsyncDisposable {
  readonly box: Sandbox;
  /** The server: its request log says what the agent asked. */
  readonly wire: Wire;
  /** The host behind it. */
  readonly pve: ReturnType<typeof createPve>;
  /** Path of the bundle. */
  readonly program: string;
  /** Everything that was made for it, ended in reverse, whatever fails on the way. */
  readonly #made: AsyncDisposableStack;

  private constructor(
    box: Sandbox,
    { wire, pve }: Pick<AgentRig, "wire" | "pve">,
    program: string,
    made: AsyncDisposableStack,
  ) {
    this.box = box;
    this.wire = wire;
    this.pve = pve;
    this.program = program;
    this.#made = made;
  }

  static async create(options: AgentRigOptions = {}): Promise<AgentRig> {
    await using made = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "felhom-build-" });
    made.defer(() => Deno.remove(folder, { recursive: true }));
    await Deno.chmod(folder, 0o755);
    const box = made.use(await Sandbox.create());
    // Both to their ends, so that nothing is still written when one of them fails.
    const [bundle, material] = await Promise.allSettled([
      bundleAgent({ ...options, output: folder }),
      makeTlsMaterial(),
    ]);
    if (bundle.status === "rejected") throw bundle.reason;
    if (material.status === "rejected") throw material.reason;
    const tls = material.value;
    const pve = createPve();
    const wire = await Wire.start({ api: pve, clock: systemClock, tls });
    made.defer(() => wire.stop());
    const configuration = {
      proxmox: {
        endpoint: `https://127.0.0.1:${wire.port}`,
        node: pve.world.node.name,
        token_file: "/etc/felhom-agent/token",
        tls: { fingerprint: tls.fingerprint },
      },
      guests: { managed_vmids: { first: 1000, last: 1999 } },
    };
    await box.write("/etc/felhom-agent/agent.json", JSON.stringify(configuration));
    await box.write("/etc/felhom-agent/token", `${pve.token.id}=${pve.token.secret}\n`);
    return new AgentRig(box, { wire, pve }, bundle.value, made.move());
  }

  /** The agent with a command line, under the unmodified permission set. */
  command(args: readonly string[], options: AgentCommandOptions = {}): Deno.Command {
    const words = [
      ...options.under ?? [],
      ...[Deno.execPath(), ...AGENT_TASK.run, this.program, ...args],
    ];
    return this.box.command(words[0] ?? "", words.slice(1), {
      ...options,
      env: { ...AGENT_TASK.env, ...options.env },
    });
  }

  /** Runs the agent to its end. */
  async run(args: readonly string[], options: AgentCommandOptions = {}): Promise<Finished> {
    return finished(await this.command(args, options).output());
  }

  /** Starts the agent and leaves it running. */
  start(args: readonly string[] = ["run"], options: AgentCommandOptions = {}): RunningProcess {
    return new RunningProcess(this.command(args, options).spawn());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made.disposeAsync();
  }
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function finished(output: Deno.CommandOutput): Finished {
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** A process whose lines can be waited for. Ends with `await using`. */
export class RunningProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  readonly #reading: Promise<void>;
  readonly #stderr: Promise<string>;
  #ended = false;
  #wake: () => void = () => {};
  #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#reading = this.#read();
    this.#stderr = new Response(child.stderr).text();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What was written to stdout so far, line by line. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /**
   * The first line on stdout that contains `text`.
   *
   * @throws when the process ends without one
   */
  async line(text: string): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => line.includes(text));
      if (found !== undefined) return found;
      if (this.#ended) {
        const { code, stderr } = await this.finished();
        throw new Error(
          `Ended with ${code} before "${text}" came: ${stderr}\n${this.#lines.join("\n")}`,
        );
      }
      await this.#more(text);
    }
  }

  /** Waits until more came, or it ended. */
  async #more(text: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`"${text}" did not come:\n${this.#lines.join("\n")}`)),
      PATIENCE_MS,
    );
    this.#wake = resolve;
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Writes a line to its stdin, which has to be piped and stays open to its end. */
  async tell(line: string): Promise<void> {
    this.#stdin ??= this.#child.stdin.getWriter();
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits for the end. */
  async finished(): Promise<Finished> {
    await this.#reading;
    const { code } = await this.#child.status;
    // Nobody reads it any more.
    await this.#stdin?.close().catch(() => {});
    return { code, stdout: this.#lines.join("\n"), stderr: await this.#stderr };
  }

  /** Ends it as systemd does, and waits. */
  async stop(): Promise<Finished> {
    if (!this.#ended) this.kill("SIGTERM");
    return await this.finished();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stdout) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      this.#lines.push(...parts);
      this.#wake();
    }
    if (rest !== "") this.#lines.push(rest);
    this.#ended = true;
    this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) {
      try {
        this.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }
    await this.finished();
  }
}
