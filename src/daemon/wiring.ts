import type { Clock } from "../clock.ts";
import { Secret } from "../config/mod.ts";
import { createHelperReads, type HelperLink } from "../helper/mod.ts";
import { createHelperMutations } from "../helper/mutations.ts";
import type { Logger } from "../log/logger.ts";
import { createReads, createTransport, type Transport } from "../proxmox/mod.ts";
import { createMutations } from "../proxmox/mutations.ts";
import type { Eyes } from "../reconcile/executors/executor.ts";
import type { Hands } from "../reconcile/executors/hands.ts";
import type { State } from "../state/mod.ts";
import type { DaemonSetup } from "./setup.ts";

export interface WiringOptions {
  readonly clock: Clock;
  /** A number from 0 to 1, as `Math.random` gives it. */
  readonly random: () => number;
  /** A random identifier, never given twice. */
  readonly newId: () => string;
  readonly log: Logger;
  readonly state: Pick<State, "signers">;
}

/** What the daemon looks at its host with, and changes it with. */
export interface HostConnection {
  readonly eyes: Eyes;
  readonly hands: Hands;
  /** `user@realm!name`: whose tasks are ours. */
  readonly tokenId: string;
}

/** Makes what the daemon talks to its host with. Nothing is connected before the first call. */
export function wireHost(
  setup: Pick<DaemonSetup, "proxmox" | "helperSocket">,
  options: WiringOptions,
): HostConnection & Disposable {
  const { endpoint, node, token, trust } = setup.proxmox;
  const { clock, random, newId, log: logger, state } = options;
  const transport = createTransport({
    address: endpoint,
    trust,
    token: { id: token.id, text: new Secret(token.text) },
    clock,
    random,
    logger,
  });
  const { helperSocket: path } = setup;
  const helper = path === undefined
    ? null
    : { connect: () => Deno.connect({ transport: "unix", path }), clock, newId };
  return {
    eyes: {
      reads: createReads(transport, { node }),
      helper: helper === null ? null : createHelperReads(helper),
      signers: state.signers,
    },
    hands: wireHands(transport, helper, { node }),
    tokenId: transport.tokenId,
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
