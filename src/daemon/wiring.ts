import type { Clock } from "../clock.ts";
import { Secret } from "../config/mod.ts";
import type { HelperLink } from "../helper/mod.ts";
import { createHelperMutations } from "../helper/mutations.ts";
import type { Logger } from "../log/logger.ts";
import { createReads, createTransport, type Transport } from "../proxmox/mod.ts";
import { createMutations } from "../proxmox/mutations.ts";
import type { Hands } from "../reconcile/executors/hands.ts";
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

/**
 * Makes what the host is changed with. Nothing is connected before the first call, and nothing is
 * done without a permit of the gate.
 *
 * @param helper the way to the helper; null when there is none on this host
 */
export function wireHands(
  transport: Transport,
  helper: HelperLink | null,
  { node }: { readonly node: string },
): Hands {
  return {
    proxmox: createMutations(transport, { node }),
    helper: helper === null ? null : createHelperMutations(helper),
  };
}
