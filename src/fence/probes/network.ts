import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import { connect, createServer, type NetConnectOpts } from "node:net";
import { hostAndPort } from "../daemon_rights.ts";
import type { Address } from "../off_limits.ts";
import type { Attempt } from "../probe.ts";
import { withUncaught } from "./uncaught.ts";

/** Attempts to reach a TCP address. What gets through hangs up without a word. */
export function connecting({ host, port }: Address): Attempt[] {
  const shown = hostAndPort({ host, port });
  return [
    {
      name: `connect ${shown}`,
      via: "Deno",
      attempt: async () => (await Deno.connect({ hostname: host, port })).close(),
    },
    { name: `connect ${shown}`, via: "node", attempt: () => connectOnce({ host, port }) },
  ];
}

/**
 * An attempt to reach a port nobody serves, so that nothing is asked where it gets through. (Port 9
 * would be refused by the rules of fetch, whatever the rights.)
 */
export const FETCHING: Attempt = {
  name: "fetch http://127.0.0.1:65535",
  via: "web",
  attempt: async () => await (await fetch("http://127.0.0.1:65535/")).body?.cancel(),
};

/** Attempts to reach a Unix socket; a name that starts with a zero byte is an abstract one. */
export function connectingByPath(path: string): Attempt[] {
  const shown = path.replace("\0", "@");
  return [
    {
      name: `connect ${shown}`,
      via: "Deno",
      attempt: async () => (await Deno.connect({ transport: "unix", path })).close(),
    },
    { name: `connect ${shown}`, via: "node", attempt: () => connectOnce({ path }) },
  ];
}

/** Attempts to be reached, and to send without a connection. */
export const LISTENING: readonly Attempt[] = [
  {
    name: "listen on TCP",
    via: "Deno",
    attempt: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  },
  { name: "listen on TCP", via: "node", attempt: () => listenOnce({ host: "127.0.0.1", port: 0 }) },
  {
    name: "listen on @felhom-probe",
    via: "Deno",
    attempt: () => Deno.listen({ transport: "unix", path: "\0felhom-probe" }).close(),
  },
  {
    name: "listen on @felhom-probe",
    via: "node",
    attempt: () => listenOnce({ path: "\0felhom-probe" }),
  },
  {
    name: "open UDP",
    via: "Deno",
    attempt: () =>
      Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }).close(),
  },
  { name: "open UDP", via: "node", attempt: bindOnce },
  { name: "look up localhost", via: "node", attempt: lookUpOnce },
  {
    name: "ask a name server",
    via: "Deno",
    attempt: () =>
      Deno.resolveDns("localhost", "A", { nameServer: { ipAddr: "127.0.0.1", port: 85 } }),
  },
];

function connectOnce(options: NetConnectOpts): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}

function listenOnce(options: { host: string; port: number } | { path: string }): Promise<void> {
  return withUncaught(() =>
    new Promise((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen(options, () => server.close(() => resolve()));
    })
  );
}

function bindOnce(): Promise<void> {
  return withUncaught(() =>
    new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      socket.once("error", reject);
      socket.bind({ address: "127.0.0.1", port: 0 }, () => socket.close(() => resolve()));
    })
  );
}

function lookUpOnce(): Promise<void> {
  return new Promise((resolve, reject) => {
    lookup("localhost", (error) => error === null ? resolve() : reject(error));
  });
}
