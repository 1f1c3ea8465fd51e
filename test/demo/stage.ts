import * as z from "zod";
import { bundleAgent } from "../../src/build/bundle.ts";
import { type SpawnedSimulator, spawnSimulator } from "../sim/spawn.ts";
import { AGENT_TASK } from "../support/agent_task.ts";
import { repositoryRoot } from "../support/repository.ts";
import { Sandbox } from "../support/sandbox.ts";

/** What a command of the agent left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** VMIDs that the agent of the demo may touch. */
export const MANAGED = { first: 200, last: 299 } as const;

const hostState = z.object({ guests: z.array(z.object({ vmid: z.number() })) });

/**
 * What the demo plays on: a simulated Proxmox host in a process of its own, and the agent, built
 * anew, in a mount namespace with temporary folders over the real paths. Everything goes with it.
 */
export class Stage implements AsyncDisposable {
  readonly simulator: SpawnedSimulator;
  readonly #sandbox: Sandbox;
  readonly #program: string;
  readonly #running: Set<Deno.ChildProcess>;
  readonly #belongings: AsyncDisposableStack;
  #closed = false;

  private constructor(
    simulator: SpawnedSimulator,
    sandbox: Sandbox,
    program: string,
    running: Set<Deno.ChildProcess>,
    belongings: AsyncDisposableStack,
  ) {
    this.simulator = simulator;
    this.#sandbox = sandbox;
    this.#program = program;
    this.#running = running;
    this.#belongings = belongings;
  }

  static async create(): Promise<Stage> {
    await using belongings = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "felhom-demo-" });
    belongings.defer(() => Deno.remove(folder, { recursive: true }));
    await Deno.chmod(folder, 0o755);
    const [program, simulator] = await Promise.all([
      bundleAgent({ output: folder }),
      spawnSimulator(["--seed", "7"]),
    ]);
    belongings.use(simulator);
    const sandbox = belongings.use(await Sandbox.create());
    const running = new Set<Deno.ChildProcess>();
    const stage = new Stage(simulator, sandbox, program, running, belongings.move());
    stage.#belongings.defer(() => stage.interrupt());
    return stage;
  }

  /** Runs a program of the helper's under its real permission set. */
  async privileged(program: string, args: readonly string[], request = ""): Promise<Finished> {
    const child = this.#start(
      new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-P=privileged", "--no-prompt", "--quiet", "--cached-only", "--no-remote"],
          ...["--config", new URL("deno.json", repositoryRoot).pathname, program, ...args],
        ],
        env: { NO_COLOR: "1" },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }),
    );
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(request));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    this.#running.delete(child);
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Writes the agent's configuration and token where they lie on a real host. */
  async configure(change: { readonly fingerprint?: string } = {}): Promise<void> {
    const { endpoint, node, token, fingerprint } = this.simulator;
    const configuration = {
      proxmox: {
        endpoint,
        node,
        token_file: "/etc/felhom-agent/token",
        storages: ["local", "local-zfs"],
        bridges: ["vmbr0"],
        tls: { fingerprint: change.fingerprint ?? fingerprint },
      },
      guests: { managed_vmids: MANAGED },
    };
    const text = JSON.stringify(configuration, null, 2) + "\n";
    await this.#sandbox.write("/etc/felhom-agent/agent.json", text);
    await this.#sandbox.write("/etc/felhom-agent/token", `${token}\n`);
  }

  /** VMIDs of the containers on the host, as the simulator itself has them, in their order. */
  async containers(): Promise<number[]> {
    const { guests } = hostState.parse(await this.simulator.control.state());
    return guests.map(({ vmid }) => vmid).toSorted((one, other) => one - other);
  }

  /** Runs a command of the agent to its end. */
  async agent(...args: readonly string[]): Promise<Finished> {
    const child = this.#start(this.#command(args, this.#program));
    const { code, stdout, stderr } = await child.output();
    this.#running.delete(child);
    return { code, stdout: decode(stdout), stderr: decode(stderr) };
  }

  /** Starts the daemon; {@linkcode stop} ends it. */
  startDaemon(program = this.#program): Deno.ChildProcess {
    return this.#start(this.#command(["run"], program));
  }

  /** Tells a daemon to end, as systemd does, and waits until it has. */
  async stop(daemon: Deno.ChildProcess): Promise<Finished> {
    this.#running.delete(daemon);
    daemon.kill("SIGTERM");
    const { code, stdout, stderr } = await daemon.output();
    return { code, stdout: decode(stdout), stderr: decode(stderr) };
  }

  /** Builds another program around the same parts, and answers with its path. */
  async build(daemon: string): Promise<string> {
    this.#assertOpen();
    const folder = await Deno.makeTempDir({ prefix: "felhom-demo-" });
    this.#belongings.defer(() => Deno.remove(folder, { recursive: true }));
    await Deno.chmod(folder, 0o755);
    return await bundleAgent({ output: folder, daemon });
  }

  #command(args: readonly string[], program: string): Deno.Command {
    return this.#sandbox.command(Deno.execPath(), [...AGENT_TASK.run, program, ...args], {
      env: AGENT_TASK.env,
    });
  }

  /** Ends what runs, at once, and lets nothing start any more. */
  async interrupt(): Promise<void> {
    this.#closed = true;
    for (const child of [...this.#running]) {
      this.#running.delete(child);
      child.kill("SIGKILL");
      await child.status;
    }
  }

  #start(command: Deno.Command): Deno.ChildProcess {
    this.#assertOpen();
    const child = command.spawn();
    this.#running.add(child);
    return child;
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("Cannot start anything more: the demo was interrupted");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#belongings.disposeAsync();
  }
}

function decode(bytes: Uint8Array<ArrayBuffer>): string {
  return new TextDecoder().decode(bytes);
}
