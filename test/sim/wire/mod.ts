/**
 * The wire half of the simulator: pveproxy and pvedaemon as a client meets them, over an
 * {@linkcode Api} that answers. Knows nothing of guests, storages or tasks.
 */
import type { Clock } from "../../../src/clock.ts";
import type { Api } from "../seam.ts";
import type { ExchangeContext } from "./exchange_context.ts";
import { FaultRules } from "./faults.ts";
import { Latency, type LatencyProfile } from "./latency.ts";
import { Pvedaemon, type PvedaemonReport } from "./pvedaemon.ts";
import { type ConnectionLimits, Pveproxy } from "./pveproxy.ts";
import { seededRandom } from "../random.ts";
import { RequestLog, type Traffic } from "./request_log.ts";
import type { TlsMaterial } from "./tls_material.ts";

export type { FaultReport, FaultRule } from "./faults.ts";
export type { LatencyProfile } from "./latency.ts";
export type { RequestRow, Traffic } from "./request_log.ts";
export {
  CERTIFICATE_KINDS,
  type CertificateKind,
  makeTlsMaterial,
  type TlsMaterial,
} from "./tls_material.ts";

export interface WireOptions {
  readonly api: Api;
  readonly clock: Clock;
  /** What an idle connection is cut off by. @default the same */
  readonly callClock?: Clock;
  /** How long pveproxy waits for pvedaemon, milliseconds of `clock`. @default 30 s (FACTS §1.5) */
  readonly answerLimitMs?: number;
  readonly tls: TlsMaterial;
  /** Decides where chance is asked. @default 1 */
  readonly seed?: number;
  /** @default "none" */
  readonly latency?: LatencyProfile;
  /** @default 0, any free port */
  readonly port?: number;
  /** Of each of the three workers. @default {soft: 480, hard: 500} */
  readonly limits?: ConnectionLimits;
  /** Told that pvedaemon was restarted, which kills its tasks (FACTS §1.5). */
  readonly onDaemonRestart?: () => void;
}

/** The wire's own state. */
export interface WireReport {
  readonly traffic: Readonly<Traffic>;
  readonly pvedaemon: PvedaemonReport;
  readonly clusterFileSystem: { readonly up: boolean };
  /** What the half behind threw: bugs of the simulator. */
  readonly crashes: readonly string[];
}

/** A running server. Everything on it acts at once. */
export class Wire {
  readonly port: number;
  readonly faults: FaultRules;
  readonly log: RequestLog;
  readonly #proxy: Pveproxy;
  readonly #context: ExchangeContext;
  readonly #closing: AbortController;
  readonly #crashes: string[];

  private constructor(parts: {
    port: number;
    proxy: Pveproxy;
    context: ExchangeContext;
    log: RequestLog;
    closing: AbortController;
    crashes: string[];
  }) {
    this.port = parts.port;
    this.faults = parts.context.faults;
    this.log = parts.log;
    this.#proxy = parts.proxy;
    this.#context = parts.context;
    this.#closing = parts.closing;
    this.#crashes = parts.crashes;
  }

  /** Listens on a port of 127.0.0.1. */
  static async start(options: WireOptions): Promise<Wire> {
    const { api, clock, callClock = clock, answerLimitMs, tls } = options;
    const { seed = 1, latency = "none" } = options;
    const closing = new AbortController();
    const crashes: string[] = [];
    const log = new RequestLog();
    const context: ExchangeContext = {
      api,
      clock,
      callClock,
      pvedaemon: new Pvedaemon(clock, answerLimitMs),
      clusterFileSystem: { up: true, noticed: false },
      faults: new FaultRules(seededRandom(seed)),
      latency: new Latency(clock, latency, closing.signal),
      closing: closing.signal,
      onCrash: (error) => {
        if (closing.signal.aborted) return;
        crashes.push(error instanceof Error ? error.stack ?? error.message : String(error));
      },
      onDaemonRestart: options.onDaemonRestart ?? (() => {}),
    };
    const proxy = new Pveproxy({
      context,
      log,
      random: seededRandom(seed + 1),
      tls,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    const port = await proxy.listen();
    return new Wire({ port, proxy, context, log, closing, crashes });
  }

  report(): WireReport {
    return {
      traffic: { ...this.log.traffic },
      pvedaemon: this.#context.pvedaemon.report(),
      clusterFileSystem: { up: this.#context.clusterFileSystem.up },
      crashes: [...this.#crashes],
    };
  }

  /** `systemctl stop pvedaemon` and `start`. */
  setDaemon(up: boolean): void {
    if (up) this.#context.pvedaemon.start();
    else this.#stopDaemon(() => this.#context.pvedaemon.stop());
  }

  /** `systemctl restart pvedaemon`, down for `downMs`. Its tasks die with it. */
  restartDaemon(downMs = 2000): void {
    this.#stopDaemon(() => this.#context.pvedaemon.restart(downMs));
  }

  /** Keeps workers of pvedaemon busy until it is stopped. */
  hangWorkers(count: number): void {
    this.#context.pvedaemon.hang(count);
  }

  /** Stops or starts the cluster file system. */
  setClusterFileSystem(up: boolean): void {
    Object.assign(this.#context.clusterFileSystem, { up, noticed: false });
  }

  /** Resets every open connection, as a restarted pveproxy does. */
  dropConnections(): void {
    this.#proxy.dropConnections();
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    this.#context.pvedaemon.stop();
    await this.#proxy.close();
  }

  #stopDaemon(stop: () => void): void {
    stop();
    this.#context.onDaemonRestart();
  }
}
