import { type ConfigFile, digestOf } from "./config_file.ts";

/** What only a running guest has. */
export interface Running {
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly since: number;
  /** Bytes of memory in use. */
  memory: number;
  netin: number;
  netout: number;
}

/** How a guest answers to a request to shut down. */
export type Temperament = "obedient" | "stubborn";

/** What a guest is like inside; it goes into its backups and comes back with them. */
export interface Inside {
  readonly temperament: Temperament;
  /** Bytes of memory it uses when it runs. */
  readonly appetite: number;
  /** Version of its systemd, where it has one that tells. */
  readonly systemd: number | undefined;
  /** What Proxmox warns of whenever it looks at its operating system. */
  readonly warning: string | undefined;
}

export const PLAIN_INSIDE: Inside = {
  temperament: "obedient",
  appetite: 64 * 1024 * 1024,
  systemd: undefined,
  warning: undefined,
};

/** One container. */
export interface Guest {
  readonly vmid: number;
  /** Replaced as a whole by every change, so that a digest can be kept. */
  config: ConfigFile;
  running: Running | undefined;
  /** Bytes of memory that it used at most before; undefined when it never ran. */
  peak?: number | undefined;
  /** Seconds that it ran in all, as its figures tell. @default longer than they reach back */
  ran?: number | undefined;
  /** Whether the host has a file of its figures: it has none for a new guest. @default true */
  figures?: boolean | undefined;
  inside: Inside;
  /** Frozen by `suspend`. */
  paused: boolean;
}

const digests = new WeakMap<ConfigFile, string>();

/** The digest of a guest's file, computed once for each state of it. */
export function guestDigest(config: ConfigFile): string {
  let digest = digests.get(config);
  if (digest === undefined) {
    digest = digestOf(config);
    digests.set(config, digest);
  }
  return digest;
}

/** The guest's name as lists show it: its host name, or `CT<id>` (FACTS §3.2). */
export function guestName(guest: Guest): string {
  return guest.config.options.get("hostname") ?? `CT${guest.vmid}`;
}

/** The value of the config property `lock`. */
export function lockOf(guest: Guest): string | undefined {
  return guest.config.options.get("lock");
}
