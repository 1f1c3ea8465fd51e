import type { Held } from "./rights.ts";

/** Where the daemon may go and what it works with: the part of the configuration the fence sees. */
export interface Reach {
  /** The Proxmox API. An IPv6 address stands without brackets. */
  readonly proxmox: { readonly host: string; readonly port: number };
  /** Folder of the state, absolute. */
  readonly stateDirectory: string;
  /** Where the daemon listens for the command line, absolute. */
  readonly controlSocket: string;
  /** Where the privileged helper listens; `undefined` when the configuration turns it off. */
  readonly helperSocket: string | undefined;
  /** Where systemd wants to be told of the start; `undefined` when nobody waits. */
  readonly notifySocket: string | undefined;
}

/** What the daemon holds while it starts, and what it keeps. */
export interface DaemonRights {
  readonly starting: Held;
  readonly sealed: Held;
}

/**
 * What a daemon with this configuration may reach. Pure; the whole of it (DESIGN §2):
 *
 * - `net` names the Proxmox address and the sockets, before the seal and after it: one host cannot
 *   be revoked from a wider grant.
 * - A Unix socket by path needs its name in `net` and the path in `read` and `write`; sending a
 *   datagram needs `net` and `write` (RUNTIME, "Permissions", tried).
 * - State folder and control socket are opened while starting. The open database and the listening
 *   socket go on working without their paths; with them the daemon could write files there.
 */
export function daemonRights(reach: Reach): DaemonRights {
  const helper = reach.helperSocket === undefined ? [] : [reach.helperSocket];
  const notify = reach.notifySocket === undefined ? [] : [reach.notifySocket];
  const net = [
    hostAndPort(reach.proxmox),
    ...[reach.controlSocket, ...helper, ...notify].map((path) => `unix:${path}`),
  ];
  const none = { env: [], run: [], sys: [], ffi: [], import: [] } as const;
  const opened = [reach.stateDirectory, reach.controlSocket];
  return {
    starting: {
      ...none,
      net,
      read: [...opened, ...helper],
      write: [...opened, ...helper, ...notify],
    },
    sealed: { ...none, net, read: helper, write: [...helper, ...notify] },
  };
}

/**
 * What a Worker may reach that only asks Proxmox: the address, and nothing else. The self-test runs
 * the client behind this, before and after its seal alike.
 */
export function clientRights(proxmox: Reach["proxmox"]): Held {
  return {
    net: [hostAndPort(proxmox)],
    read: [],
    write: [],
    env: [],
    run: [],
    sys: [],
    ffi: [],
    import: [],
  };
}

/** `127.0.0.1:8006`, `[::1]:8006`. */
export function hostAndPort({ host, port }: Reach["proxmox"]): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
