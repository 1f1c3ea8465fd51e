import { type Clock, systemClock } from "../clock.ts";
import type { Config } from "../config/mod.ts";
import { FelhomError } from "../errors.ts";
import { mainRights, NOTHING, seal, type SealParts } from "../fence/mod.ts";
import type { Logger } from "../log/logger.ts";
import { failureFrom } from "./failure.ts";
import { startFencedWorker } from "./fenced_worker.ts";
import { Link } from "./link.ts";
import { type FromDaemon, fromDaemon, type ToDaemon } from "./messages.ts";
import { daemonProgram } from "./program.ts";
import { daemonSetup, type Surroundings } from "./setup.ts";
import { supervise } from "./supervise.ts";

export interface AgentOptions {
  readonly surroundings: Surroundings;
  readonly log: Logger;
  /** Aborted when the process is told to end. */
  readonly signal: AbortSignal;
  /** @default the machine's */
  readonly clock?: Clock;
  /** Replaced by tests, to see that a broken seal is noticed. */
  readonly seal?: SealParts;
}

/** An agent of which both isolates are sealed and the daemon is at work. */
export interface RunningAgent {
  /**
   * Settles when the agent has ended: resolves when it was told to and did.
   *
   * @throws {FelhomError} `daemon.died`, or what the daemon failed with
   */
  readonly ended: Promise<void>;
}

/** Milliseconds the daemon has to open and seal: far more than it takes on a slow disk. */
const START_LIMIT_MS = 30_000;

/**
 * Starts the daemon in a Worker with exactly the rights its configuration needs, gives up every right
 * of this isolate, proves both, and only then lets the daemon go on. This isolate can do nothing
 * afterwards but wait.
 *
 * Needs the permission set `agent`.
 *
 * @throws {FelhomError} `fence.broken`, and what opening the state or the control socket ends with
 */
export async function startAgent(config: Config, options: AgentOptions): Promise<RunningAgent> {
  const { log, signal, clock = systemClock } = options;
  const setup = daemonSetup(config, options.surroundings);
  const { notifySocket } = options.surroundings;
  if (notifySocket !== undefined && setup.notifySocket === undefined) {
    log.warn("Nobody is told when the daemon is ready: the set has no right to this socket", {
      notifySocket,
    });
  }
  using starting = new DisposableStack();
  const daemon = starting.use(startFencedWorker(daemonProgram(), setup.rights.starting, "daemon"));
  const link = starting.use(new Link<ToDaemon, FromDaemon>(daemon.port, fromDaemon));
  link.send({ kind: "start", setup });
  const mainSeal = await seal({
    isolate: "main isolate",
    before: mainRights(setup.rights.starting),
    after: NOTHING,
  }, options.seal);
  await Promise.race([daemon.crashed, expectSealed(link, clock)]);
  link.send({ kind: "proceed", mainSeal });
  const running = starting.move();
  return {
    ended: Promise.race([daemon.crashed, supervise(link, { clock, log, signal })])
      .finally(() => running.dispose()),
  };
}

async function expectSealed(link: Link<ToDaemon, FromDaemon>, clock: Clock): Promise<void> {
  const done = new AbortController();
  const late = clock.sleep(START_LIMIT_MS, done.signal).then(() => {
    throw new FelhomError("daemon.died", `The daemon did not start within ${START_LIMIT_MS} ms`);
  });
  try {
    const message = await Promise.race([link.next(), late]);
    if (message.kind === "sealed") return;
    throw message.kind === "failed"
      ? failureFrom(message.error)
      : new FelhomError("internal.bug", `The daemon said "${message.kind}" before "sealed"`);
  } finally {
    done.abort();
    await late.catch(() => {});
  }
}
