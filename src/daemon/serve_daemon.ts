import { systemClock } from "../clock.ts";
import { FelhomError } from "../errors.ts";
import { SEAL_PARTS } from "../fence/mod.ts";
import { createLogger } from "../log/create_logger.ts";
import { type DaemonParts, openDaemon, type SealedDaemon } from "./daemon.ts";
import { documentOf } from "./failure.ts";
import { Link } from "./link.ts";
import { type FromDaemon, type ToDaemon, toDaemon } from "./messages.ts";
import type { DaemonSetup } from "./setup.ts";
import type { ServeRoleOptions } from "./serve_options.ts";
import { stdoutSink } from "./log_sinks.ts";
import { wireHost } from "./wiring.ts";

/**
 * The daemon's side of the connection to the main isolate: opens and seals when told to start, runs
 * when told to proceed, ends when told to stop. Resolves when it has said its last word; it is up to
 * the main isolate to end the Worker.
 *
 * @param options what tests replace
 */
export async function serveDaemon(
  port: MessagePort,
  options: ServeRoleOptions = {},
): Promise<void> {
  const link = new Link<FromDaemon, ToDaemon>(port, toDaemon);
  try {
    const first = await link.next();
    if (first.kind !== "start") throw new TypeError(`"${first.kind}" came before "start"`);
    await work(link, first.setup, options);
    // Said last: the main isolate ends this one, and a state that is being closed would be left so
    // that nobody could read it.
    link.send({ kind: "stopped" });
  } catch (error) {
    link.send({ kind: "failed", error: documentOf(error) });
  }
}

/** From opening everything to having closed it. */
async function work(
  link: Link<FromDaemon, ToDaemon>,
  setup: DaemonSetup,
  options: ServeRoleOptions,
): Promise<void> {
  using daemon = await openDaemon(setup, machineParts(setup, options));
  link.send({ kind: "sealed", report: daemon.report });
  await options.sealed?.();
  await follow(link, daemon);
}

/** Does what the main isolate says until it says stop. */
async function follow(link: Link<FromDaemon, ToDaemon>, daemon: SealedDaemon): Promise<void> {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  // A daemon that ends of itself has failed: it only ever ends when it is told to.
  const ended = Promise.withResolvers<never>();
  for (;;) {
    const message = await Promise.race([link.next(), ended.promise]);
    switch (message.kind) {
      case "ping":
        link.send({ kind: "pong" });
        break;
      case "proceed":
        running = daemon.run(message.mainSeal, stopping.signal);
        running.then(() => {
          ended.reject(new FelhomError("daemon.died", "The daemon ended, told by nobody"));
        }, ended.reject);
        break;
      case "stop":
        ended.promise.catch(() => {});
        stopping.abort();
        return await running;
      case "start":
        throw new FelhomError("internal.bug", "The daemon was told twice to start");
      default:
        message satisfies never;
    }
  }
}

/** The daemon's parts on a real machine. */
function machineParts(setup: DaemonSetup, options: ServeRoleOptions): DaemonParts {
  const { seal = SEAL_PARTS, clock = systemClock, callClock = clock } = options;
  return {
    clock,
    callClock,
    random: () => Math.random(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    newId: () => crypto.randomUUID(),
    log: createLogger({ clock, sink: stdoutSink, ...setup.log }).child({
      component: "daemon",
    }),
    seal,
    connect: wireHost,
  };
}
