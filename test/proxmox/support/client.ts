import { Secret } from "../../../src/config/secret.ts";
import {
  createTransport,
  type Transport,
  type TransportOptions,
} from "../../../src/proxmox/mod.ts";
import type { RawServer } from "./server.ts";

/** The secret of the tests' token: nothing may ever show it. */
export const TOKEN_SECRET = "6d1c2b3a-5f4e-4d3c-8b2a-1f0e9d8c7b6a";
export const TOKEN_ID = "felhom-agent@pve!agent";

/** A transport to a server, which ends with the block it was made in. */
export interface TestTransport extends Disposable {
  readonly transport: Transport;
}

/** Connects to a server by its fingerprint, unless told otherwise. */
export function connectTo(
  server: Pick<RawServer, "port" | "tls">,
  options: Partial<TransportOptions> = {},
): TestTransport {
  const transport = createTransport({
    address: { host: "127.0.0.1", port: server.port },
    trust: { kind: "fingerprint", sha256: server.tls.fingerprint },
    token: { id: TOKEN_ID, text: new Secret(`${TOKEN_ID}=${TOKEN_SECRET}`) },
    random: () => 0,
    ...options,
  });
  return { transport, [Symbol.dispose]: () => transport.close() };
}
