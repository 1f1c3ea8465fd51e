import type { Action } from "../../../src/action/mod.ts";
import { draftDocument, makeNonce, type Submission } from "../../../src/authz/mod.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { type GoldenImage, Secret } from "../../../src/config/mod.ts";
import { hostFacts, type SigningConfig } from "../../../src/daemon/host_facts.ts";
import { wireHands } from "../../../src/daemon/wiring.ts";
import {
  type Alarm,
  Gate,
  liveTarget,
  POLICY,
  type Policy,
  type VmidRange,
} from "../../../src/gate/mod.ts";
import { createHelperReads, type HelperLink } from "../../../src/helper/mod.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import {
  createReads,
  createTransport,
  type Reads,
  TaskPace,
  type Transport,
} from "../../../src/proxmox/mod.ts";
import { noteRunning } from "../../../src/reconcile/actual/note_running.ts";
import { watchedReads } from "../../../src/reconcile/actual/watched_reads.ts";
import { Capacity } from "../../../src/reconcile/capacity/capacity.ts";
import type { DesiredGuest, DesiredState } from "../../../src/reconcile/desired/desired_state.ts";
import { type FactSources, readFacts } from "../../../src/reconcile/facts/read_facts.ts";
import { Promises } from "../../../src/reconcile/facts/promises.ts";
import { RoomClaims } from "../../../src/reconcile/facts/room_claims.ts";
import { RunningMacs } from "../../../src/reconcile/facts/running_macs.ts";
import { StartupDelays } from "../../../src/reconcile/facts/startup_delays.ts";
import { Departures } from "../../../src/reconcile/settling/departures.ts";
import { Lifetimes } from "../../../src/reconcile/settling/lifetimes.ts";
import type { Work } from "../../../src/reconcile/work.ts";
import { gatePorts } from "../../../src/state/mod.ts";
import type { Operator } from "../../authz/support/operators.ts";
import { bytes } from "../../authz/support/scene.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../sim/mod.ts";
import { RULES } from "../../support/rules.ts";
import { openIn } from "../../state/state_folder.ts";

const HOUR = 60 * 60_000;

export interface OpenWorkOptions {
  /** @default the scenario "default", fifty times as fast */
  readonly simulator?: SimulatorOptions;
  /** @default those of the scenario's customers: 200 to 299 */
  readonly managed?: VmidRange;
  /** Those of them for drills alone. @default none are set apart */
  readonly drills?: VmidRange;
  /** What the work goes by. @default the simulator's: waits are as short as its tasks */
  readonly clock?: Clock;
  /** What limits of a call go by. @default the machine's: a slow test must not run into them */
  readonly callClock?: Clock;
  /** How long connecting may take by that clock, milliseconds. @default the transport's own */
  readonly connectLimitMs?: number;
  /** The gate's numbers. @default the product's */
  readonly policy?: Policy;
  /** Lines of the signers' files. @default nobody may sign */
  readonly signers?: { readonly operational?: string; readonly recovery?: string };
  /** @default one signature for anything */
  readonly thresholds?: SigningConfig["operations"]["thresholds"];
  /** The lowest sequences of signers. @default any */
  readonly signersFloor?: SigningConfig["operations"]["signersFloor"];
  /** Digests of keys that sign nothing. @default none */
  readonly revokedKeys?: readonly string[];
  /** The way to the helper. @default none */
  readonly helper?: HelperLink;
  /** @default none */
  readonly log?: Logger;
  /** A folder whose state is gone on with; it stays. @default a new one, removed in the end */
  readonly folder?: string;
  /** A host that goes on, as for a second agent on it; it stays. @default a new one */
  readonly on?: Simulator;
  /** @default the backups of the scenario's golden container, 900 */
  readonly goldenImages?: readonly GoldenImage[];
  /** @default those images, on the scenario's storages and bridge */
  readonly scratch?: Work["scratch"];
  /** @default no allow-list is in the way */
  readonly rules?: FactSources["rules"];
  /** What stands between the work and the reads of its host. @default nothing */
  readonly reads?: (reads: Reads) => Reads;
  /** @default those that are read, as the daemon reads them */
  readonly facts?: Work["facts"];
}

/** Work on a simulated host, all of it real but the host. Ends with `await using`. */
export interface OpenWork extends AsyncDisposable {
  readonly work: Work;
  readonly simulator: Simulator;
  readonly transport: Transport;
  readonly goldenImages: readonly GoldenImage[];
  /** What facts are read with. */
  readonly runningMacs: RunningMacs;
  readonly startupDelays: StartupDelays;
  /** The signers' files, as the configuration has them. */
  readonly signers: SigningConfig["signers"];
  /** What the gate raised. */
  readonly alarms: readonly Alarm[];
  /** Where the state is. */
  readonly folder: string;
  /** What the provider wants from now on. Each call is another revision. */
  want(...guests: readonly DesiredGuest[]): DesiredState;
  /** What the provider cannot say from now on: it throws this. */
  wantsNothingReadable(error: Error): void;
  /** The document for an action, by the facts of now and valid for an hour, signed by these. */
  sign(action: Action, ...operators: readonly Operator[]): Promise<Submission>;
}

/** Opens work on a simulated host: transport, reads, hands, state and gate are the product's own. */
export async function openWork(options: OpenWorkOptions = {}): Promise<OpenWork> {
  await using opening = new AsyncDisposableStack();
  const timeScale = options.simulator?.timeScale ?? 50;
  const simulator = options.on ??
    opening.use(await startSimulator({ callClock: systemClock, ...options.simulator, timeScale }));
  const clock = options.clock ?? simulator.clock;
  const log = options.log ?? silentLogger;
  const node = simulator.pve.world.node.name;
  const tokenId = simulator.token.slice(0, simulator.token.lastIndexOf("="));

  const folder = options.folder ?? await Deno.makeTempDir({ prefix: "felhom-work-" });
  if (options.folder === undefined) {
    opening.defer(() => Deno.remove(folder, { recursive: true }));
  }
  const newId = () => crypto.randomUUID();
  const { state } = opening.use(openIn(folder, { now: clock.now(), newInstance: newId() }));

  const transport = createTransport({
    address: { host: "127.0.0.1", port: simulator.wire.port },
    trust: { kind: "ca", pem: simulator.tls.ca },
    token: { id: tokenId, text: new Secret(simulator.token) },
    clock: options.callClock ?? systemClock,
    ...(options.connectLimitMs === undefined ? {} : { connectLimitMs: options.connectLimitMs }),
    random: () => 0.5,
    logger: log,
  });
  opening.defer(() => transport.close());

  const signing: SigningConfig = {
    proxmox: { node },
    operations: {
      thresholds: options.thresholds ?? { service: 1, data_loss: 1, trust: 1 },
      longestLifetime: 24 * HOUR,
      longestLifetimeDataLoss: 2 * HOUR,
      signersFloor: options.signersFloor ?? { operational: 0, recovery: 0 },
      revokedKeys: new Set(options.revokedKeys ?? []),
      unsignedLifetime: HOUR / 2,
    },
    signers: {
      operational: { path: "signers/operational", text: options.signers?.operational ?? "" },
      recovery: { path: "signers/recovery", text: options.signers?.recovery ?? "" },
    },
  };
  const alarms: Alarm[] = [];
  const gate = new Gate({
    ...gatePorts(state, { now: () => clock.now(), newId }),
    signing: () => hostFacts(signing, state, clock.now()),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    alarm: (alarm) => void alarms.push(alarm),
  }, {
    ...{ clock, permitLife: 120_000 * timeScale },
    ...(options.policy === undefined ? {} : { policy: options.policy }),
  });

  let revision = 0;
  let wanted: DesiredState | Error = { provider: "none", revision: "0", guests: new Map() };
  const provider: Work["provider"] = {
    name: "local",
    current() {
      if (wanted instanceof Error) throw wanted;
      return wanted;
    },
  };
  const helper = options.helper ?? null;
  const saw = noteRunning({ state, clock, log });
  const direct = createReads(transport, { node });
  const reads = watchedReads(options.reads?.(direct) ?? direct, { now: () => clock.now(), saw });
  const departures = new Departures(clock);
  const managed = options.managed ?? { first: 200, last: 299 };
  const goldenImages = options.goldenImages ?? goldenImagesOf(simulator);
  const startupDelays = new StartupDelays({ reads, managed, clock });
  const promises = new Promises(startupDelays);
  const runningMacs = new RunningMacs({ reads, clock, log, asOf: () => promises.asOf });
  const claims = new RoomClaims();
  const policy = options.policy ?? POLICY;
  const capacity = new Capacity({
    ...{ reads, managed, claims, clock, storages: [], overcommit: policy.overcommit },
    isMade: (vmid) => state.guests.get(vmid) !== undefined,
  });
  const sources: FactSources = {
    ...{ reads, state, provider, managed, goldenImages, departures, capacity, runningMacs },
    startupDelays,
    drills: options.drills,
    rules: options.rules ?? RULES,
    now: () => clock.now(),
  };
  const work: Work = {
    node,
    tokenId,
    managed,
    scratch: options.scratch ?? {
      images: goldenImages.map(({ volume }) => volume),
      storages: ["local", "local-zfs"],
      bridges: ["vmbr0"],
    },
    eyes: {
      reads,
      helper: helper === null ? null : createHelperReads(helper),
      signers: state.signers,
    },
    hands: wireHands(transport, helper, { node }),
    state,
    gate,
    provider,
    pace: new TaskPace(),
    ...{ claims, capacity, promises },
    lifetimes: new Lifetimes({
      clock,
      limitMs: 30 * 60_000,
      timeMark: () => state.timeMark.get() ?? 0,
    }),
    departures,
    drills: options.drills,
    facts: options.facts ?? ((action, signal, row) => readFacts(action, sources, { signal, row })),
    clock,
    random: () => 0.5,
    newId,
    log,
  };

  const opened = opening.move();
  return {
    work,
    simulator,
    transport,
    goldenImages,
    ...{ runningMacs, startupDelays },
    signers: signing.signers,
    alarms,
    folder,
    want(...guests) {
      const desired = new Map(guests.map((guest) => [guest.vmid, guest] as const));
      wanted = { provider: "local", revision: String(++revision), guests: desired };
      return wanted;
    },
    wantsNothingReadable(error) {
      wanted = error;
    },
    async sign(action, ...operators) {
      const facts = await work.facts(action, new AbortController().signal);
      const at = clock.now();
      const document = bytes(
        draftDocument({ action, target: liveTarget(facts) }, {
          host: node,
          instance: state.instance,
          nonce: makeNonce(at, crypto.getRandomValues(new Uint8Array(10))),
          at,
          lifetime: HOUR,
          reason: "contract ended",
        }),
      );
      const signatures = await Promise.all(operators.map((each) => each.sign(document)));
      return { document, signatures };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function goldenImagesOf({ pve: { world } }: Simulator): GoldenImage[] {
  return [...world.storages.values()].flatMap(({ files }) => [...files.values()]).flatMap((file) =>
    file.kind === "backup" && file.vmid === 900 ? [{ volume: file.volid, bytes: file.size }] : []
  );
}
