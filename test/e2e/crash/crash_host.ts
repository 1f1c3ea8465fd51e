import { bundleAgent } from "../../../src/build/bundle.ts";
import { askDaemon } from "../../../src/control/client.ts";
import type { ControlQuestion } from "../../../src/control/protocol.ts";
import { FelhomError } from "../../../src/errors.ts";
import { parseUpid } from "../../../src/proxmox/mod.ts";
import { readState, type StateReader } from "../../../src/state/mod.ts";
import type { Operator } from "../../authz/support/operators.ts";
import { GOLDEN } from "../../sim/pve/scenarios/mixed.ts";
import { type Simulator, startSimulator } from "../../sim/mod.ts";
import { unhurried } from "../../sim/unhurried.ts";
import { type Finished, RunningProcess } from "../../support/agent_rig.ts";
import { AGENT_TASK } from "../../support/agent_task.ts";
import { Sandbox } from "../../support/sandbox.ts";
import { type Books, journalAfter } from "../ledger/books.ts";
import { backupsOf, parseWorld, type WorldView } from "../ledger/world_view.ts";
import { type HelperRelay, relayHelper } from "./helper_relay.ts";
import { livesOn } from "./lives_on.ts";
import { COMMIT_MARK, type Deadline, type Orders } from "./orders.ts";

/** Both programs: the one as it is shipped, and the one that kills itself. */
export interface Programs extends AsyncDisposable {
  readonly shipped: string;
  readonly mortal: string;
  /** The runtime's cache, which all hosts share. */
  readonly cache: string;
}

/** Builds them, for as many hosts as are wanted. */
export async function buildPrograms(): Promise<Programs> {
  await using making = new AsyncDisposableStack();
  const folder = async () => {
    const made = await Deno.makeTempDir({ prefix: "felhom-build-" });
    making.defer(() => Deno.remove(made, { recursive: true }));
    await Deno.chmod(made, 0o755);
    return made;
  };
  const [shipped, mortal] = await Promise.all([
    bundleAgent({ output: await folder() }),
    bundleAgent({
      output: await folder(),
      daemon: "test/e2e/crash/entries/mortal_worker.ts",
    }),
  ]);
  const cache = await folder();
  const made = making.move();
  return { shipped, mortal, cache, [Symbol.asyncDispose]: () => made.disposeAsync() };
}

export interface CrashHostOptions {
  /** How many guests the host has, all alike. */
  readonly guests: number;
  /**
   * How many times as short waits are, of the host and of an agent that dies. The limits of calls
   * are what they are: a busy machine answers none the faster.
   */
  readonly timeScale: number;
  /** Who may sign. */
  readonly operators: readonly Operator[];
  /** The socket of a helper. @default there is none */
  readonly helper?: string;
}

const CONTROL = "/run/felhom-agent/control.sock";
const STATE = "/var/lib/felhom-agent";

/** Where the books of one story begin. */
export interface Bookmark {
  readonly seq: number;
  readonly request: number;
  readonly tasks: ReadonlySet<string>;
  /** How often the helper was asked. */
  readonly runs: number;
}

/** Guests of one story after the other share the host: what is left of them takes from nobody's room. */
const AMPLE = { memory_overcommit: 16, overcommit: ["local=20", "local-zfs=20"] };

const NO_RUNS: HelperRelay["runs"] = [];

/** How the agent is started: as the bundle that is shipped, or as the one that dies when told. */
export type Life = "shipped" | "mortal";

/**
 * A simulated Proxmox host, which outlives every agent on it, and the place of one agent:
 * configuration, state, sockets.
 */
export class CrashHost implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly #box: Sandbox;
  readonly #programs: Programs;
  readonly #orders: Orders;
  readonly #relay: HelperRelay | undefined;
  readonly #made: AsyncDisposableStack;
  #daemon: RunningProcess | undefined;
  /** The one that answered last. */
  #answered: RunningProcess | undefined;
  #end: Finished | undefined;
  #stories = 0;

  private constructor(
    parts: {
      readonly simulator: Simulator;
      readonly box: Sandbox;
      readonly relay: HelperRelay | undefined;
    },
    programs: Programs,
    { orders, made }: { readonly orders: Orders; readonly made: AsyncDisposableStack },
  ) {
    this.simulator = parts.simulator;
    this.#box = parts.box;
    this.#relay = parts.relay;
    this.#programs = programs;
    this.#orders = orders;
    this.#made = made;
  }

  static async open(programs: Programs, options: CrashHostOptions): Promise<CrashHost> {
    const { guests, timeScale, operators, helper } = options;
    await using made = new AsyncDisposableStack();
    const simulator = made.use(
      await startSimulator({ scenario: "mixed", guests, ...unhurried(timeScale) }),
    );
    const box = made.use(await Sandbox.create());
    const golden = backupsOf(parseWorld(simulator.pve.snapshot()), GOLDEN);
    const configuration = {
      proxmox: {
        ...{ endpoint: simulator.endpoint, node: simulator.pve.world.node.name },
        ...{ token_file: "/etc/felhom-agent/token", storages: ["local", "local-zfs"] },
        ...{ bridges: ["vmbr0"], address_prefixes: ["10.20.0.0/16"] },
        ...{ tls: { fingerprint: simulator.tls.fingerprint } },
      },
      guests: {
        managed_vmids: { first: 200, last: 9_999 },
        golden_images: golden.map(({ volid, size }) => `${volid}@${size}`),
        ...AMPLE,
      },
      privileged: { mode: helper === undefined ? "off" : "socket" },
    };
    await box.write("/etc/felhom-agent/agent.json", JSON.stringify(configuration));
    await box.write("/etc/felhom-agent/token", `${simulator.token}\n`);
    await Deno.mkdir(box.outside("/etc/felhom-agent/signers"));
    const lines = operators.map((operator) => operator.line()).join("");
    await box.write("/etc/felhom-agent/signers/operational", lines);
    const relay = helper === undefined
      ? undefined
      : made.use(relayHelper(box.outside("/run/felhom-privileged/helper.sock"), helper));
    const orders = { time_scale: timeScale };
    return new CrashHost({ simulator, box, relay }, programs, { orders, made: made.move() });
  }

  /** The agent on it, started when there is none. */
  async daemon(life: Life = "mortal"): Promise<RunningProcess> {
    if (this.#daemon !== undefined) return this.#daemon;
    const [program, stdin] = life === "shipped"
      ? [this.#programs.shipped, "null"] as const
      : [this.#programs.mortal, "piped"] as const;
    const daemon = new RunningProcess(this.#command(program, stdin).spawn());
    this.#daemon = daemon;
    this.#end = undefined;
    void daemon.finished().then((end) => {
      if (this.#daemon === daemon) this.#end = end;
    });
    if (life === "mortal") await daemon.tell(JSON.stringify(this.#orders));
    return daemon;
  }

  /** Tells the agent when to die. @returns where what it says from then on begins */
  async order(die: Deadline | undefined): Promise<number> {
    const daemon = await this.daemon();
    const story = ++this.#stories;
    const order: Orders = { story, ...(die === undefined ? {} : { die }) };
    await daemon.tell(JSON.stringify(order));
    const taken = await daemon.line(`${COMMIT_MARK}orders taken (${story})`);
    return daemon.lines.indexOf(taken) + 1;
  }

  /** Lets go of the agent that died; kills it where it did not. */
  async bury(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    await daemon?.[Symbol.asyncDispose]();
  }

  #command(program: string, stdin: "piped" | "null"): Deno.Command {
    return this.#box.command(Deno.execPath(), [...AGENT_TASK.run, program, "run"], {
      env: { ...AGENT_TASK.env, DENO_DIR: this.#programs.cache },
      stdin,
    });
  }

  /** How the agent ended by itself; `undefined` while it lives. */
  get end(): Finished | undefined {
    return this.#end;
  }

  /**
   * Asks the daemon over its control socket.
   *
   * @throws {FelhomError} what it answers; `control.*` when it died, or answers nobody yet
   * @throws {Error} when it lives, answered before, and gives no answer: that is none of the ways to
   * end that a story knows
   */
  async ask(question: ControlQuestion): Promise<unknown> {
    const daemon = this.#daemon;
    const path = this.#box.outside(CONTROL);
    try {
      const answer = await askDaemon(path, question);
      this.#answered = daemon;
      return answer;
    } catch (error) {
      if (!(error instanceof FelhomError) || !error.code.startsWith("control.")) throw error;
      if (daemon === undefined || this.#answered !== daemon) throw error;
      if (!await livesOn(daemon, () => askDaemon(path, { op: "status" }))) throw error;
      const message = `The daemon lives and did not answer "${question.op}": ${error.message}`;
      throw new Error(message, { cause: error });
    }
  }

  /** Reads the state, with or without a daemon on it. */
  read<T>(work: (state: StateReader) => T): T {
    return readState(this.#box.outside(STATE), work);
  }

  world(): WorldView {
    return parseWorld(this.simulator.pve.snapshot());
  }

  /** Volume ids of its container templates. */
  templates(): string[] {
    return this.world().storages.flatMap(({ files }) => files)
      .filter(({ kind }) => kind === "template").map(({ volid }) => volid);
  }

  /** Where the books stand now. */
  bookmark(): Bookmark {
    const [newest] = this.read(({ operations }) => operations.list({ limit: 1 }));
    return {
      seq: newest?.seq ?? 0,
      request: this.simulator.wire.log.rows().at(-1)?.sequence ?? 0,
      tasks: new Set(this.world().tasks.map(({ upid }) => upid)),
      runs: this.#relay?.runs.length ?? 0,
    };
  }

  /** What happened since a bookmark. */
  books(since: Bookmark): Books {
    const requests = this.simulator.wire.log.rows()
      .filter(({ sequence }) => sequence > since.request);
    const world = this.world();
    const journal = this.read(({ operations }) => journalAfter(operations, since.seq));
    // Root's own tasks are none of the agent's.
    const tasks = world.tasks.filter(({ upid }) =>
      !since.tasks.has(upid) && parseUpid(upid).user !== "root@pam"
    );
    const helperRuns = (this.#relay?.runs ?? NO_RUNS).slice(since.runs);
    return { journal, requests, world: { ...world, tasks }, helperRuns };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bury();
    await this.#made.disposeAsync();
  }
}
