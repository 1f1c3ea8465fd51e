import type { Held } from "./rights.ts";

/** A TCP address. */
export interface Address {
  /** An IPv6 address stands without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What this isolate must not reach once it is sealed, beside what no isolate may. */
export interface OffLimits {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Unix sockets that must not be connected to. */
  readonly sockets: readonly string[];
  /** TCP addresses: what is not kept, and the neighbour port of each that is. */
  readonly addresses: readonly Address[];
}

/** Everything that was held before and is not after, so that a probe tries to get it back. */
export function offLimits(before: Held, after: Held): OffLimits {
  const paths = [...new Set([...before.read, ...before.write])];
  const kept = after.net.flatMap(tcpAddress);
  return {
    read: paths.filter((path) => !after.read.includes(path)),
    write: paths.filter((path) => !after.write.includes(path)),
    sockets: before.net.flatMap(socketPath).filter((path) => !after.read.includes(path)),
    addresses: [
      ...before.net.filter((entry) => !after.net.includes(entry)).flatMap(tcpAddress),
      ...kept.map(neighbour).filter((address) => !kept.some((other) => isSame(address, other))),
    ],
  };
}

function socketPath(entry: string): string[] {
  return entry.startsWith("unix:") ? [entry.slice("unix:".length)] : [];
}

function tcpAddress(entry: string): Address[] {
  if (entry.startsWith("unix:")) return [];
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(entry) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? [] : [{ host, port: Number(port) }];
}

function neighbour({ host, port }: Address): Address {
  return { host, port: port < 65_535 ? port + 1 : port - 1 };
}

function isSame(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}
