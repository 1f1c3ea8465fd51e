import { bundleAgent } from "../../src/build/bundle.ts";
import { bundlePrivileged } from "../../src/build/bundle_privileged.ts";
import { type StatusDocument, statusDocument } from "../../src/daemon/status.ts";
import { type SpawnedSimulator, spawnSimulator } from "../sim/spawn.ts";
import type { RequestRow } from "../sim/wire/mod.ts";
import { AGENT_TASK } from "../support/agent_task.ts";
import { repositoryRoot } from "../support/repository.ts";
import { Sandbox } from "../support/sandbox.ts";
import { HostView } from "./host_view.ts";
import { OperatorDesk } from "./operator_desk.ts";
import { RunningAgent } from "./running_agent.ts";

/** What a command left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** VMIDs that the agent of the demo may touch. */
export const MANAGED = { first: 200, last: 299 } as const;

/** The container of the host's golden image. */
const GOLDEN = 900;

/** Every wait of the simulated host is so many times as short. */
const TIME_SCALE = 8;
/** Milliseconds after which something that is waited for will not come. */
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 50;

interface StageParts {
  readonly simulator: SpawnedSimulator;
  readonly sandbox: Sandbox;
  readonly desk: OperatorDesk;
  readonly folder: string;
  readonly program: string;
}

/**
 * What the demo plays on: a simulated Proxmox host in a process of its own, the agent, built anew, in
 * a mount namespace with temporary folders over the real paths, and an operator's desk with a key on
 * it. Everything goes with it.
 */
export class Stage implements AsyncDisposable {
  readonly simulator: SpawnedSimulator;
  /** Where an operator signs: the agent sees nothing of it. */
  readonly desk: OperatorDesk;
  readonly #parts: StageParts;
  readonly #running = new Set<Deno.ChildProcess>();
  readonly #belongings: AsyncDisposableStack;
  #agent: RunningAgent | undefined;
  #closed = false;

  private constructor(parts: StageParts, belongings: AsyncDisposableStack) {
    this.simulator = parts.simulator;
    this.desk = parts.desk;
    this.#parts = parts;
    this.#belongings = belongings;
    belongings.defer(() => this.interrupt());
  }

  static async create(): Promise<Stage> {
    await using belongings = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "felhom-demo-" });
    belongings.defer(() => Deno.remove(folder, { recursive: true }));
    await Deno.chmod(folder, 0o755);
    const options = ["--scenario", "drift", "--seed", "7", "--time-scale", String(TIME_SCALE)];
    const [program, simulator, desk] = await Promise.all([
      bundleAgent({ output: folder }),
      spawnSimulator(options),
      OperatorDesk.create(`${folder}/desk`),
    ]);
    belongings.use(simulator);
    const sandbox = belongings.use(await Sandbox.create());
    const stage = new Stage({ simulator, sandbox, desk, folder, program }, belongings.move());
    await stage.configure();
    return stage;
  }

  /** The daemon that was started last and has not ended. */
  get daemon(): RunningAgent {
    if (this.#agent === undefined) throw new Error("No daemon of the agent runs");
    return this.#agent;
  }

  /** The folder of the agent's state, as it lies outside of the sandbox. */
  get stateFolder(): string {
    return this.#parts.sandbox.outside("/var/lib/felhom-agent");
  }

  /** Writes the agent's configuration, token and signers where they lie on a real host. */
  async configure(change: { readonly fingerprint?: string } = {}): Promise<void> {
    const { sandbox, simulator: { endpoint, node, token, fingerprint } } = this.#parts;
    const configuration = {
      proxmox: {
        endpoint,
        node,
        token_file: "/etc/felhom-agent/token",
        storages: ["local", "local-zfs"],
        bridges: ["vmbr0"],
        address_prefixes: ["10.20.0.0/16"],
        tls: { fingerprint: change.fingerprint ?? fingerprint },
      },
      guests: { managed_vmids: MANAGED, golden_images: (await this.view()).pins(GOLDEN) },
      // As often as it can be had: somebody watches.
      reconcile: { interval_seconds: 5 },
      privileged: { mode: "off" },
    };
    const text = JSON.stringify(configuration, null, 2) + "\n";
    await Deno.mkdir(sandbox.outside("/etc/felhom-agent/signers"), { recursive: true });
    await sandbox.write("/etc/felhom-agent/agent.json", text);
    await sandbox.write("/etc/felhom-agent/token", `${token}\n`);
    await sandbox.write("/etc/felhom-agent/signers/operational", this.desk.signers);
  }

  /** The host as it is now. */
  async view(): Promise<HostView> {
    return new HostView(await this.simulator.control.state());
  }

  /** What was asked of Proxmox since a place in its request log. */
  async requests(since = 0): Promise<readonly RequestRow[]> {
    return await this.simulator.control.log(since);
  }

  /** The place of the last request until now. */
  async place(): Promise<number> {
    return (await this.requests()).at(-1)?.sequence ?? 0;
  }

  /** Runs a command of the agent to its end. */
  async agent(...args: readonly string[]): Promise<Finished> {
    return await this.#finish(this.#command(args, this.#parts.program).spawn());
  }

  /** Runs a command of the agent that takes something from its standard input. */
  async agentWith(input: string, ...args: readonly string[]): Promise<Finished> {
    return await this.#finish(this.#command(args, this.#parts.program, "piped").spawn(), input);
  }

  /** Runs a program of the helper's under its real permission set. */
  async privileged(program: string, args: readonly string[], request = ""): Promise<Finished> {
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-P=privileged", "--no-prompt", "--quiet", "--cached-only", "--no-remote"],
        ...["--config", new URL("deno.json", repositoryRoot).pathname, program, ...args],
      ],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    return await this.#finish(command.spawn(), request);
  }

  /** Starts the daemon, and waits until it has read its host once. */
  async start(program = this.#parts.program): Promise<StatusDocument> {
    this.#assertOpen();
    const child = this.#command(["run"], program).spawn();
    this.#running.add(child);
    this.#agent = new RunningAgent(child);
    return await this.until("the daemon reads its host", async () => {
      const { code, stdout } = await this.agent("status", "--json");
      if (code !== 0) return undefined;
      const status = statusDocument.safeParse(JSON.parse(stdout)).data;
      return status?.pid === child.pid && status.engine.lastPass !== null ? status : undefined;
    });
  }

  /** Ends the daemon, and answers with its exit code. */
  async end(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number> {
    const { daemon } = this;
    const code = await daemon.end(signal);
    this.#agent = undefined;
    for (const child of this.#running) if (child.pid === daemon.pid) this.#running.delete(child);
    return code;
  }

  /**
   * Looks again and again until there is something.
   *
   * @throws when it does not come
   */
  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      this.#assertOpen();
      const seen = await look();
      if (seen !== undefined) return seen;
      if (performance.now() > deadline) {
        const said = this.#agent?.output.split("\n").slice(-4).join("\n") ?? "";
        throw new Error(`It did not come to it that ${what}. The daemon said last:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Builds another program around the same parts, and answers with its path. */
  async build(daemon: string): Promise<string> {
    return await bundleAgent({ output: await this.folder("other"), daemon });
  }

  /** Builds the helper into a folder of its own. */
  async buildHelper(): Promise<{ readonly folder: string; readonly program: string }> {
    const folder = await this.folder("helper");
    return { folder, program: await bundlePrivileged(folder) };
  }

  /** Copies the state, as it lies there after a daemon has ended, and answers with its folder. */
  async copyState(): Promise<string> {
    const folder = await this.folder("copy");
    await Deno.copyFile(`${this.stateFolder}/state.db`, `${folder}/state.db`);
    return folder;
  }

  /** A folder of its own that goes away with the stage. */
  async folder(name: string): Promise<string> {
    this.#assertOpen();
    const folder = `${this.#parts.folder}/${name}`;
    await Deno.mkdir(folder);
    return folder;
  }

  /** How any shell runs the agent, without its arguments. */
  get agentLine(): string {
    return this.#parts.sandbox.line(...this.#words([], this.#parts.program));
  }

  /** Ends what runs, at once, and lets nothing start any more. */
  async interrupt(): Promise<void> {
    this.#closed = true;
    for (const child of [...this.#running]) {
      this.#running.delete(child);
      kill(child);
      await child.status;
    }
  }

  #command(args: readonly string[], program: string, stdin: "null" | "piped" = "null") {
    this.#assertOpen();
    const [command, words, { env }] = this.#words(args, program);
    return this.#parts.sandbox.command(command, words, { env, stdin });
  }

  #words(args: readonly string[], program: string) {
    const words = [...AGENT_TASK.run, program, ...args];
    return [Deno.execPath(), words, { env: AGENT_TASK.env }] as const;
  }

  async #finish(child: Deno.ChildProcess, input?: string): Promise<Finished> {
    this.#running.add(child);
    const [{ code, stdout, stderr }] = await Promise.all([
      child.output(),
      input === undefined ? undefined : write(child.stdin, input),
    ]);
    this.#running.delete(child);
    return { code, stdout: decode(stdout), stderr: decode(stderr) };
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("Cannot start anything more: the demo was interrupted");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#belongings.disposeAsync();
  }
}

/** Kills a process, unless it has ended by itself. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Whoever ends without reading has said why. */
async function write(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  await new Response(text).body?.pipeTo(stream).catch(() => {});
}

function decode(bytes: Uint8Array<ArrayBuffer>): string {
  return new TextDecoder().decode(bytes);
}
