import type { Config } from "../config/mod.ts";
import { type DaemonRights, daemonRights } from "../fence/mod.ts";

/**
 * All that the daemon is told when it starts: plain data, because it crosses to another isolate.
 * It reads no file and no environment of its own.
 */
export interface DaemonSetup {
  /** Version of the product. */
  readonly version: string;
  readonly rights: DaemonRights;
  readonly proxmox: ProxmoxSetup;
  readonly guests: Config["guests"];
  readonly reconcile: Config["reconcile"];
  readonly operations: Config["operations"];
  readonly signers: Config["signers"];
  readonly reseed: Config["reseed"];
  /** Undefined when there is no helper. */
  readonly helperSocket: string | undefined;
  readonly stateDirectory: string;
  /** Bounds of the state: bytes, bytes the disk has left (undefined: nobody knows), milliseconds. */
  readonly stateBounds: {
    readonly ceiling: number;
    readonly free: number | undefined;
    readonly lastingMs: number;
  };
  readonly controlSocket: string;
  readonly notifySocket: string | undefined;
  /** Milliseconds within which systemd wants to hear of the daemon; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
  readonly log: {
    readonly level: Config["log"]["level"];
    readonly format: "json" | "human";
    readonly color: boolean;
  };
}

/** The Proxmox server, how it is recognised, and the token in the clear. */
export type ProxmoxSetup = Omit<Config["proxmox"], "token"> & {
  readonly token: { readonly id: string; readonly text: string };
};

/** What a process finds out about itself, beside the configuration. */
export interface Surroundings {
  readonly version: string;
  /** `NOTIFY_SOCKET`, as systemd sets it. */
  readonly notifySocket: string | undefined;
  /** What `WATCHDOG_USEC` says, when it is meant for this process. */
  readonly watchdogMs?: number | undefined;
  /** Bytes that the disk of the state has left; undefined when that cannot be found out. */
  readonly freeBytes?: number | undefined;
  /** Whether the log goes to a terminal. */
  readonly terminal: boolean;
  /** Whether it takes colour. @default false */
  readonly color?: boolean;
}

/** The one socket of systemd's the permission set has the right to. */
const NOTIFY_SOCKET = "/run/systemd/notify";

/** What the daemon is told. The one place where the token leaves its `Secret`: for the Worker. */
export function daemonSetup(config: Config, surroundings: Surroundings): DaemonSetup {
  const {
    proxmox,
    guests,
    reconcile,
    privileged,
    operations,
    signers,
    reseed,
    control,
    state,
    log,
  } = config;
  const helperSocket = privileged.mode === "off" ? undefined : privileged.socket;
  const notifySocket = surroundings.notifySocket === NOTIFY_SOCKET ? NOTIFY_SOCKET : undefined;
  return {
    version: surroundings.version,
    rights: daemonRights({
      proxmox: proxmox.endpoint,
      stateDirectory: state.directory,
      controlSocket: control.socket,
      helperSocket,
      notifySocket,
    }),
    proxmox: proxmoxSetup(proxmox),
    guests,
    reconcile,
    operations,
    signers,
    reseed,
    helperSocket,
    stateDirectory: state.directory,
    stateBounds: {
      ceiling: state.ceiling,
      free: surroundings.freeBytes,
      lastingMs: state.lasting,
    },
    controlSocket: control.socket,
    notifySocket,
    watchdogMs: surroundings.watchdogMs,
    log: {
      level: log.level,
      format: log.format !== "auto" ? log.format : surroundings.terminal ? "human" : "json",
      color: surroundings.color ?? false,
    },
  };
}

/** The Proxmox part of a configuration, for any fenced Worker that asks Proxmox. */
export function proxmoxSetup({ token, ...rest }: Config["proxmox"]): ProxmoxSetup {
  return { ...rest, token: { id: token.id, text: token.text.expose() } };
}
