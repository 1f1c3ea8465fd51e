import { Secret } from "../../src/config/secret.ts";
import { createReads, createTransport, parseVmid, type Trust } from "../../src/proxmox/mod.ts";
import { spawnSimulator } from "../sim/spawn.ts";
import { openBareClient } from "./bare_client.ts";
import type { Comparison, Contender, Suite } from "./frame.ts";
import { openProxmoxApi } from "./proxmox_api.ts";

/** Reads in one round. Short rounds, and many: what slows the machine down slows all of a round. */
const READS = 100;
const ROUNDS = { rounds: 41, warmUp: 6 } as const;
const AT_ONCE = 8;
/** More of these: each of the eight connections ends after 100 reads, and a new one is a handshake. */
const READS_AT_ONCE = 400;

/**
 * What the client adds to a bare loop over the same wire, and what others add. The simulator runs
 * in a process of its own, so that its work is not counted.
 *
 * @param openOther the other client that is shown for comparison
 */
export async function clientSuite(openOther = openProxmoxApi): Promise<Suite> {
  const simulator = await spawnSimulator(["--scenario", "large", "--guests", "100"]);
  const { endpoint, node, token } = simulator;
  const { hostname, port } = new URL(endpoint);
  const open = (trust: Trust) =>
    createTransport({
      address: { host: hostname, port: Number(port) },
      trust,
      token: { id: token.slice(0, token.lastIndexOf("=")), text: new Secret(token) },
      random: Math.random,
    });
  const pinned = open({ kind: "fingerprint", sha256: simulator.fingerprint });
  const verified = open({ kind: "ca", pem: simulator.ca });
  const reads = {
    pinned: createReads(pinned, { node }),
    verified: createReads(verified, { node }),
  };
  const [guest] = await reads.pinned.guests();
  if (guest === undefined) {
    throw new Error("Cannot read a guest's configuration: there is no guest");
  }
  const vmid = parseVmid(guest.vmid);
  const bare = openBareClient(simulator);
  const other = await openOther(simulator);
  const path = `/nodes/${node}/lxc/${vmid}/config`;

  const configs = {
    bare: () => bare.get(path),
    pinned: () => reads.pinned.guestConfig(vmid),
    verified: () => reads.verified.guestConfig(vmid),
    other: () => other.guestConfig(node, vmid),
  };
  const bareLoop = "node:https, bare";
  const ours = "ours, CA";

  return {
    comparisons: [
      {
        ...ROUNDS,
        title: `GET config, ${READS} in sequence`,
        baseline: inSequence(bareLoop, configs.bare),
        contenders: [
          { ...inSequence(ours, configs.verified), limit: 1.3 },
          inSequence("npm proxmox-api", configs.other),
        ],
      },
      {
        ...ROUNDS,
        title: `GET config, ${READS_AT_ONCE} with ${AT_ONCE} in flight`,
        baseline: inFlight(bareLoop, configs.bare),
        contenders: [
          { ...inFlight(ours, configs.verified), limit: 1.5 },
          inFlight("npm proxmox-api", configs.other),
        ],
      },
      {
        ...ROUNDS,
        title: `GET config, ${READS} in sequence: pinned against verified`,
        baseline: inSequence(ours, configs.verified),
        contenders: [{ ...inSequence("ours, pinned", configs.pinned), limit: 1.05 }],
      },
      lists({
        "ours, CA": () => reads.verified.guests(),
        "npm proxmox-api": () => other.guests(node),
      }, { bare: () => bare.get(`/nodes/${node}/lxc`) }),
    ],
    async close() {
      pinned.close();
      verified.close();
      bare.close();
      other.close();
      await simulator.stop();
    },
  };
}

type Read = () => Promise<unknown>;

/** Proxied reads: the list of all guests, which a node-style client reconnects for each time. */
function lists(contenders: Readonly<Record<string, Read>>, { bare }: { bare: Read }): Comparison {
  const few = 50;
  return {
    title: `GET the list of 100 guests, ${few} in sequence (proxied)`,
    baseline: inSequence("node:https, bare", bare, few),
    contenders: Object.entries(contenders).map(([name, read]) => inSequence(name, read, few)),
  };
}

function inSequence(name: string, read: Read, count: number = READS): Contender {
  return {
    name,
    async run() {
      for (let done = 0; done < count; done++) await read();
    },
  };
}

function inFlight(name: string, read: Read): Contender {
  return {
    name,
    async run() {
      let left = READS_AT_ONCE;
      const lane = async () => {
        while (left-- > 0) await read();
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    },
  };
}
