import type { Clock } from "../../src/clock.ts";
import { makeWork } from "../../src/daemon/make_work.ts";
import { wireHost } from "../../src/daemon/wiring.ts";
import { silentLogger } from "../../src/log/logger.ts";
import type { DesiredState } from "../../src/reconcile/desired/desired_state.ts";
import { Engine, type EngineOptions } from "../../src/reconcile/engine/engine.ts";
import type { Announcement } from "../sim/spawn.ts";
import { openIn } from "../state/state_folder.ts";

const PER_GUEST = { stops_per_guest: 6, restarts_per_guest: 6, starts_per_guest: 12 };
/** Quotas that no measurement runs into. */
const UNLIMITED = {
  overcommit: [],
  startupDelays: 1800,
  quotas: {
    snapshots: 8,
    backups: 32,
    hourly: {
      ...PER_GUEST,
      settings_per_guest: 60,
      stops_per_host: 100_000,
      restarts_per_host: 100_000,
      starts_per_host: 100_000,
      settings_per_host: 100_000,
      asked_guests: 3,
      asked_percent: 20,
      snapshots_per_storage: 10_000,
      backups_per_storage: 10_000,
      creates_per_storage: 10_000,
      restores_per_storage: 10_000,
    },
  },
};

/** The engine, joined as the daemon joins it, on a simulator in another process. */
export interface OpenEngine extends AsyncDisposable {
  readonly engine: Engine;
  /** What is wanted from now on. */
  want(desired: DesiredState): void;
}

/** Opens an engine with a new state, and does not start it. */
export async function openEngine(
  simulator: Announcement,
  { clock, ...options }: EngineOptions & { readonly clock: Clock },
): Promise<OpenEngine> {
  await using opening = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "felhom-bench-" });
  opening.defer(() => Deno.remove(folder, { recursive: true }));
  const newId = () => crypto.randomUUID();
  const { state } = opening.use(openIn(folder, { now: clock.now(), newInstance: newId() }));
  const { ca, endpoint, node, token } = simulator;
  const { hostname, port } = new URL(endpoint);
  const setup = {
    proxmox: {
      endpoint: { host: hostname, port: Number(port), url: endpoint, loopback: true },
      ...{
        node,
        trust: { kind: "ca", path: "ca.pem", pem: ca } as const,
        storages: ["local", "local-zfs"],
        bridges: ["vmbr0"],
        vlans: [],
        addressPrefixes: [],
      },
      token: { id: token.slice(0, token.lastIndexOf("=")), text: token },
    },
    guests: {
      managedVmids: { first: 200, last: 9_999 },
      drillVmids: undefined,
      ...{ goldenImages: [], memoryOvercommit: 2, ...UNLIMITED },
    },
    operations: {
      thresholds: { service: 1, data_loss: 1, trust: 1 },
      longestLifetime: 24 * 60 * 60_000,
      longestLifetimeDataLoss: 2 * 60 * 60_000,
      signersFloor: { operational: 0, recovery: 0 },
      revokedKeys: new Set<string>(),
      unsignedLifetime: 30 * 60_000,
    },
    signers: {
      operational: { path: "signers/operational", text: "" },
      recovery: { path: "signers/recovery", text: "" },
    },
    helperSocket: undefined,
  };
  const common = { clock, random: Math.random, newId, log: silentLogger, state };
  const connection = opening.use(wireHost(setup, common));
  let wanted: DesiredState = { provider: "bench", revision: "0", guests: new Map() };
  const work = makeWork(setup, {
    ...common,
    callClock: clock,
    connection,
    provider: { name: "bench", current: () => wanted },
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  const opened = opening.move();
  return {
    engine: new Engine(work, options),
    want: (desired) => void (wanted = desired),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
