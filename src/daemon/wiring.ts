import type { Clock } from "../clock.ts";
import { Secret } from "../config/mod.ts";
import type { Logger } from "../log/logger.ts";
import { createReads, createTransport } from "../proxmox/mod.ts";
import type { HostReads } from "./observe.ts";
import type { ProxmoxSetup } from "./setup.ts";

export interface WiringOptions {
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random` gives it. */
  readonly random: () => number;
  readonly log: Logger;
}

/** Makes what the daemon talks to Proxmox with. Nothing is connected before the first call. */
export function wireReads(setup: ProxmoxSetup, options: WiringOptions): HostReads & Disposable {
  const { endpoint, node, token, trust } = setup;
  const transport = createTransport({
    address: endpoint,
    trust,
    token: { id: token.id, text: new Secret(token.text) },
    clock: options.clock,
    random: options.random,
    logger: options.log,
  });
  const reads = createReads(transport, { node });
  return {
    version: async (signal) => (await reads.version({ signal })).version,
    nodes: async (signal) => (await reads.nodes({ signal })).map((row) => row.node),
    guests: (signal) => reads.guests({ signal }),
    [Symbol.dispose]: () => transport.close(),
  };
}
