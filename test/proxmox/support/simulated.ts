import { Secret } from "../../../src/config/secret.ts";
import {
  createReads,
  createTransport,
  type Reads,
  type Transport,
} from "../../../src/proxmox/mod.ts";
import type { Mutations } from "../../../src/proxmox/mod.ts";
import { createMutations } from "../../../src/proxmox/mutations.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../sim/mod.ts";

/** A client and the simulated host it talks to. Ends with `await using`. */
export interface Simulated extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly transport: Transport;
  readonly reads: Reads;
  readonly mutations: Mutations;
  /** Name of the simulated node. */
  readonly node: string;
}

/** Starts a simulator, on which time passes faster, and connects to it by its CA. */
export async function simulate(options: SimulatorOptions = {}): Promise<Simulated> {
  const simulator = await startSimulator({ timeScale: 50, ...options });
  const { token, tls, wire, pve } = simulator;
  const transport = createTransport({
    address: { host: "127.0.0.1", port: wire.port },
    trust: { kind: "ca", pem: tls.ca },
    token: { id: token.slice(0, token.lastIndexOf("=")), text: new Secret(token) },
    random: () => 0,
  });
  const node = pve.world.node.name;
  return {
    simulator,
    transport,
    reads: createReads(transport, { node }),
    mutations: createMutations(transport, { node }),
    node,
    async [Symbol.asyncDispose]() {
      transport.close();
      await simulator.stop();
    },
  };
}
