import { type Clock, systemClock } from "../clock.ts";
import type { Config } from "../config/mod.ts";
import { FelhomError } from "../errors.ts";
import {
  clientRights,
  mainRights,
  NOTHING,
  seal,
  type SealParts,
  type SealReport,
} from "../fence/mod.ts";
import { failureFrom } from "./failure.ts";
import { type FencedWorker, startFencedWorker } from "./fenced_worker.ts";
import { daemonProgram } from "./program.ts";
import { clientSealed, nextMessage } from "./seal_client.ts";

/** A Worker that can reach Proxmox and nothing else, ready for its job. */
export interface FencedClient extends FencedWorker {
  /** Of this isolate and of the Worker. */
  readonly seals: readonly SealReport[];
}

export interface FencedClientOptions {
  /** @default the machine's */
  readonly clock?: Clock;
  /** Replaced by tests, to see that a broken seal is noticed. @default the machine's */
  readonly seal?: SealParts;
}

/** Milliseconds the Worker has to load and to seal itself. */
const START_LIMIT_MS = 30_000;

/**
 * Starts the Worker that asks Proxmox for a command, and gives up every right of this isolate: what a
 * command wants to read itself, it reads before. The Worker waits for its job on the port.
 *
 * Needs the permission set `agent`.
 *
 * @throws {FelhomError} `fence.broken`, before anything was sent to Proxmox
 */
export async function startFencedClient(
  config: Config,
  options: FencedClientOptions = {},
): Promise<FencedClient> {
  const { host, port } = config.proxmox.endpoint;
  const rights = clientRights({ host, port });
  using starting = new DisposableStack();
  const client = starting.use(startFencedWorker(daemonProgram(), rights, "client"));
  client.port.postMessage({ host, port });
  const mine = await seal(
    { isolate: "main isolate", before: mainRights(rights), after: NOTHING },
    options.seal,
  );
  const theirs = await answer(client, options.clock ?? systemClock);
  const started = starting.move();
  return {
    port: client.port,
    crashed: client.crashed,
    seals: [mine, theirs],
    [Symbol.dispose]: () => started.dispose(),
  };
}

async function answer(client: FencedWorker, clock: Clock): Promise<SealReport> {
  const done = new AbortController();
  const late = clock.sleep(START_LIMIT_MS, done.signal).then(() => {
    throw new FelhomError("daemon.died", `The client did not start within ${START_LIMIT_MS} ms`);
  });
  late.catch(() => {});
  try {
    const message = clientSealed.parse(
      await Promise.race([nextMessage(client.port), client.crashed, late]),
    );
    if (message.kind === "failed") throw failureFrom(message.error);
    return message.report;
  } finally {
    done.abort();
  }
}
