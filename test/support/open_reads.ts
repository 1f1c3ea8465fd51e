import { Secret } from "../../src/config/secret.ts";
import { createReads, createTransport, type Reads } from "../../src/proxmox/mod.ts";
import type { Announcement } from "../sim/spawn.ts";

/** Our reads of a simulator in another process, as the daemon has them. */
export function openReads(simulator: Announcement): { readonly reads: Reads } & Disposable {
  const { ca, endpoint, node, token } = simulator;
  const { hostname, port } = new URL(endpoint);
  const transport = createTransport({
    address: { host: hostname, port: Number(port) },
    trust: { kind: "ca", pem: ca },
    token: { id: token.slice(0, token.lastIndexOf("=")), text: new Secret(token) },
    random: Math.random,
  });
  return {
    reads: createReads(transport, { node }),
    [Symbol.dispose]: () => transport.close(),
  };
}
