import type { Clock } from "../clock.ts";
import { createHandlers } from "../control/handlers.ts";
import { listenControl } from "../control/listen.ts";
import { ControlServer } from "../control/server.ts";
import { seal, type SealParts, type SealReport } from "../fence/mod.ts";
import type { Logger } from "../log/logger.ts";
import { lockState, openState, type State } from "../state/mod.ts";
import { NO_ENGINE } from "./no_engine.ts";
import { notifyService } from "./notify.ts";
import { type HostReads, newObservation, type Observation, observe } from "./observe.ts";
import type { DaemonSetup, ProxmoxSetup } from "./setup.ts";
import type { StatusDocument } from "./status.ts";
import type { WiringOptions } from "./wiring.ts";

/** What the daemon is given from outside. */
export interface DaemonParts {
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random` gives it. */
  readonly random: () => number;
  readonly newInstance: () => string;
  readonly log: Logger;
  readonly seal: SealParts;
  readonly connect: (setup: ProxmoxSetup, options: WiringOptions) => HostReads & Disposable;
}

/** A daemon that is open and sealed, and has spoken to nobody yet. */
export interface SealedDaemon extends Disposable {
  readonly report: SealReport;
  /**
   * Answers on the control socket and reads the host until the signal is aborted; then finishes what
   * is under way.
   *
   * @param mainSeal the report of the other isolate, for `status`
   */
  run(mainSeal: SealReport, signal: AbortSignal): Promise<void>;
}

/**
 * Opens everything the daemon works with, and seals. Up to here nothing was sent to anybody, and
 * nothing that somebody sent was read: what listens is not yet served.
 *
 * @throws {FelhomError} `daemon.running`, `state.unusable`, `control.unusable`, `fence.broken`
 */
export async function openDaemon(setup: DaemonSetup, parts: DaemonParts): Promise<SealedDaemon> {
  using opening = new DisposableStack();
  const lock = opening.use(lockState(setup.stateDirectory));
  const state = opening.use(openState(lock, {
    now: parts.clock.now(),
    newInstance: parts.newInstance(),
  }));
  const listener = await listenControl(setup.controlSocket);
  const unlisten = opening.adopt(listener, closeOnce);
  const startedAt = parts.clock.now();
  const report = await seal({
    isolate: "daemon",
    before: setup.rights.starting,
    after: setup.rights.sealed,
  }, parts.seal);
  // The open database must go on working; better now than with the first operation.
  state.instances.recordStart(parts.clock.now());
  const opened = opening.move();
  const sealedAt = parts.clock.now();
  return {
    report,
    async run(mainSeal, signal) {
      const observation = newObservation();
      const log = parts.log.child({ component: "proxmox" });
      const { clock, random } = parts;
      using reads = parts.connect(setup.proxmox, { clock, random, log });
      // Closed first, so that the last answers still find the state open.
      await using _server = new ControlServer(unlisten, {
        handlers: createHandlers({
          commands: NO_ENGINE,
          state,
          status: () =>
            status({ setup, state, observation, startedAt, sealedAt, seals: [mainSeal, report] }),
          clock,
        }),
        clock,
        log: parts.log.child({ component: "control" }),
      });
      await notifyService(setup.notifySocket, "READY=1\nSTATUS=Sealed; reading the host");
      parts.log.info("Sealed and ready", {
        probes: mainSeal.probes.length + report.probes.length,
        tookMs: report.tookMs,
      });
      await observe(reads, observation, { clock, random, log, signal });
      await notifyService(setup.notifySocket, "STOPPING=1");
    },
    [Symbol.dispose]: () => opened.dispose(),
  };
}

/** Closes a listener that its server may have closed before. */
function closeOnce(listener: Deno.UnixListener): void {
  try {
    listener.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

interface Known {
  readonly setup: DaemonSetup;
  readonly state: State;
  readonly observation: Observation;
  readonly startedAt: number;
  readonly sealedAt: number;
  readonly seals: readonly SealReport[];
}

function status(known: Known): StatusDocument {
  const { setup, state, observation, startedAt, sealedAt, seals } = known;
  return {
    agent: setup.version,
    pid: Deno.pid,
    instance: state.instance,
    startedAt,
    sealedAt,
    proxmox: {
      endpoint: setup.proxmox.endpoint.url,
      node: setup.proxmox.node,
      token: setup.proxmox.token.id,
    },
    seals: seals.map((report) => ({ ...report, held: { ...report.held } })),
    rounds: observation.rounds,
    failing: observation.failing,
    lastRead: observation.lastRead ?? null,
    lastError: observation.lastError ?? null,
  };
}
