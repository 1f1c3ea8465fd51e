/**
 * A Proxmox VE host to talk to, in this process. {@linkcode startSimulator} joins the wire half
 * (sockets, TLS, HTTP, pvedaemon's workers, faults of the network) with the half behind it
 * (tokens, guests, storages, tasks). `spawn.ts` starts the same as a process of its own.
 */
import type { Clock } from "../../src/clock.ts";
import { certificateInfo } from "./certificate_info.ts";
import { mortalClock } from "./mortal_clock.ts";
import { createPve, type Pve, type ScenarioName } from "./pve/mod.ts";
import { scaledClock } from "./scaled_clock.ts";
import type { KeyType } from "./wire/certificate.ts";
import {
  type CertificateKind,
  type LatencyProfile,
  makeTlsMaterial,
  type TlsMaterial,
  Wire,
} from "./wire/mod.ts";

export type { FaultRule, RequestRow } from "./wire/mod.ts";
export type { Pve, ScenarioName, WorldFault } from "./pve/mod.ts";

/** What a simulator is started with, whoever starts it. */
export interface SimulatorOptions {
  /** Decides everything that is left to chance. @default 1 */
  readonly seed?: number;
  /** @default "default", or "large" when `guests` is given */
  readonly scenario?: ScenarioName;
  /** How many guests the scenario "large" has. @default 1000 */
  readonly guests?: number;
  /** How many times as short every wait is. @default 1 */
  readonly timeScale?: number;
  /** How long every task takes at least, milliseconds before scaling. @default 0 */
  readonly taskMs?: number;
  /** Instead of the machine's clock and `timeScale`. */
  readonly clock?: Clock;
  /** What an idle connection is cut off by: a busy machine is not idle. @default the same */
  readonly callClock?: Clock;
  /** How long pveproxy waits for pvedaemon, milliseconds before scaling. @default 30 s */
  readonly answerLimitMs?: number;
  /** @default "none" */
  readonly latency?: LatencyProfile;
  /** @default "ca" */
  readonly certificate?: CertificateKind;
  /** @default "ec", which starts faster than a real node's "rsa" */
  readonly keyType?: KeyType;
  /** @default 0, any free port */
  readonly port?: number;
}

/** A running simulator in this process. Ends with `await using`. */
export interface Simulator extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** `user@realm!name=secret`, of a token that may do what the agent's role allows. */
  readonly token: string;
  readonly tls: TlsMaterial;
  /** Faults, request log, daemons. */
  readonly wire: Wire;
  /** Tokens, guests, storages, tasks. */
  readonly pve: Pve;
  readonly clock: Clock;
  stop(): Promise<void>;
}

/** Starts a simulator on a free port of 127.0.0.1. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, guests, keyType = "ec" } = options;
  const clock = mortalClock(options.clock ?? scaledClock(options.timeScale ?? 1));
  const scenario = options.scenario ?? (guests === undefined ? "default" : "large");
  const pve = createPve({ clock, seed, scenario, ...(guests === undefined ? {} : { guests }) });
  pve.world.tasks.leastMs = options.taskMs ?? 0;
  const tls = await makeTlsMaterial({
    keyType,
    node: pve.world.node.name,
    ...(options.certificate === undefined ? {} : { kind: options.certificate }),
  });
  pve.world.certificates = [
    certificateInfo("pve-root-ca.pem", tls.ca, keyType),
    certificateInfo("pve-ssl.pem", tls.certificate, keyType),
  ];
  const wire = await Wire.start({
    api: pve,
    clock,
    ...(options.callClock === undefined ? {} : { callClock: options.callClock }),
    ...(options.answerLimitMs === undefined ? {} : { answerLimitMs: options.answerLimitMs }),
    tls,
    seed,
    onDaemonRestart: () => pve.inject({ kind: "restart-daemon" }),
    ...(options.latency === undefined ? {} : { latency: options.latency }),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  const stop = async () => {
    await wire.stop();
    clock.end();
  };
  return {
    endpoint: `https://127.0.0.1:${wire.port}`,
    token: `${pve.token.id}=${pve.token.secret}`,
    tls,
    wire,
    pve,
    clock,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
