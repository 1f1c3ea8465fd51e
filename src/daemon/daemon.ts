import { ROLES } from "../authz/mod.ts";
import type { Clock } from "../clock.ts";
import { createHandlers } from "../control/handlers.ts";
import { listenControl } from "../control/listen.ts";
import { ControlServer } from "../control/server.ts";
import { seal, type SealParts, type SealReport } from "../fence/mod.ts";
import { HeldBackLog } from "../log/held_back_log.ts";
import type { Logger } from "../log/logger.ts";
import { lockState, openState, type State } from "../state/mod.ts";
import { localProvider } from "../reconcile/desired/local_provider.ts";
import { Desk } from "../reconcile/engine/desk.ts";
import { Engine } from "../reconcile/engine/engine.ts";
import type { EngineReport } from "../reconcile/commands/commands.ts";
import { makeWork } from "./make_work.ts";
import { seedSigners } from "./seed_signers.ts";
import { notifyService } from "./notify.ts";
import type { DaemonSetup } from "./setup.ts";
import type { StatusDocument } from "./status.ts";
import { statusLine } from "./status_line.ts";
import { underService } from "./under_service.ts";
import type { HostConnection, WiringOptions } from "./wiring.ts";

/** What the daemon is given from outside. */
export interface DaemonParts {
  readonly clock: Clock;
  /** What the limits of calls go by, and a permit's life. The same, where no test shortens waits. */
  readonly callClock: Clock;
  /** A number from 0 to 1, as `Math.random` gives it. */
  readonly random: () => number;
  /** As many bytes as asked for that nobody can foretell. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** A random identifier, never given twice. */
  readonly newId: () => string;
  readonly log: Logger;
  readonly seal: SealParts;
  readonly connect: (setup: DaemonSetup, options: WiringOptions) => HostConnection & Disposable;
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
    newInstance: parts.newId(),
    ...setup.stateBounds,
  }));
  seedSigners(setup, state, { at: parts.clock.now(), log: parts.log });
  const listener = await listenControl(setup.controlSocket);
  const unlisten = opening.adopt(listener, closeOnce);
  const startedAt = parts.clock.now();
  // Before the seal, which takes the method away for good.
  state.closeStatements();
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
      const { clock, callClock, random, randomBytes, newId } = parts;
      // Whoever asks, or answers, may cause as many warnings as he likes.
      await using held = new HeldBackLog(parts.log, clock);
      const log = held.logger.child({ component: "proxmox" });
      using connection = parts.connect(setup, { clock: callClock, random, newId, log, state });
      const work = makeWork(setup, {
        ...{ state, connection, clock, callClock, random, randomBytes, newId },
        provider: localProvider(state.desired),
        log: held.logger.child({ component: "engine" }),
      });
      const engine = new Engine(work, { passIntervalMs: setup.reconcile.interval });
      const told = { setup, state, engine, startedAt, sealedAt, seals: [mainSeal, report] };
      const commands = new Desk(engine, { signal });
      // Closed first, so that the last answers still find the state open.
      await using _server = new ControlServer(unlisten, {
        handlers: createHandlers({ commands, state, status: () => status(told), clock }),
        signedBy: ({ document, signatures }) =>
          commands.signedBy({ document: new TextEncoder().encode(document), signatures }),
        clock: callClock,
        log: held.logger.child({ component: "control" }),
      });
      parts.log.info("Sealed and ready", {
        probes: mainSeal.probes.length + report.probes.length,
        tookMs: report.tookMs,
      });
      await underService(() => engine.run(signal), {
        clock,
        notify: (lines) => notifyService(setup.notifySocket, lines),
        watchdogMs: setup.watchdogMs,
        look: () => ({ progress: engine.lastProgress, status: statusLine(engine.brief()) }),
        onFailure: (error) => parts.log.warn("Cannot tell systemd", { error: String(error) }),
        signal,
      });
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
  readonly engine: { report(): EngineReport };
  readonly startedAt: number;
  readonly sealedAt: number;
  readonly seals: readonly SealReport[];
}

function status({ setup, state, engine, startedAt, sealedAt, seals }: Known): StatusDocument {
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
    signers: ROLES.map((role) => ({
      role,
      sequence: state.signers.current(role)?.sequence ?? 0,
      floor: setup.operations.signersFloor[role],
      rotated: state.signers.history(role).some(({ origin }) => origin === "rotation"),
    })),
    engine: engine.report(),
  };
}
