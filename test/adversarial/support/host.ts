import type { Action, Intent } from "../../../src/action/mod.ts";
import {
  draftDocument,
  type DraftOptions,
  type Submission,
  type Thresholds,
} from "../../../src/authz/mod.ts";
import {
  type Answer,
  type Facts,
  Gate,
  type IdentityParts,
  liveTarget,
  type Place,
  type Ports,
} from "../../../src/gate/mod.ts";
import { gatePorts, lockState, openState, type State } from "../../../src/state/mod.ts";
import { bytes, hostFacts, INSTANCE, MINUTE, nextNonce, NOW } from "../../authz/support/scene.ts";
import type { Operator } from "../../authz/support/operators.ts";
import { unbound } from "../../gate/scene.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** What a host is like. */
export interface HostOptions {
  /** Lines of signers files. */
  readonly operational: string;
  readonly recovery?: string;
  readonly thresholds?: Thresholds;
  /** The wall clock, epoch milliseconds. @default NOW */
  readonly now?: number;
  /** @default a minute before NOW */
  readonly timeMark?: number;
  /** Milliseconds. @default a day */
  readonly longestLifetime?: number;
}

/** The gate over a real state in a folder of its own, joined as the daemon joins them. */
export interface Host {
  readonly clock: FakeClock;
  readonly gate: Gate;
  readonly state: State;
  readonly ports: Ports;
  /** Ends the process that holds the state, and starts another on the same folder. */
  restart(): void;
  /** Number of operations that were ever authorised. */
  authorised(): number;
  /** What the audit log says, an entry each. */
  audit(): {
    readonly door: string;
    readonly said: { readonly outcome: string; readonly code?: string };
  }[];
}

/** Runs `test` on a host that goes away afterwards. */
export async function onHost(options: HostOptions, test: (host: Host) => unknown): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "felhom-adversarial-" });
  const clock = new FakeClock(options.now ?? NOW);
  let running = start(folder, clock, options);
  try {
    await test({
      clock,
      get gate() {
        return running.gate;
      },
      get state() {
        return running.state;
      },
      get ports() {
        return running.ports;
      },
      restart() {
        running.stop();
        running = start(folder, clock, options);
      },
      authorised: () => running.state.operations.list().length,
      audit: () => running.state.audit.list({ limit: 1000 }).map(({ body }) => JSON.parse(body)),
    });
  } finally {
    running.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Room kept on the disk: tests come many at a time. */
const SMALL = { size: 64 * 1024, step: 64 * 1024 };

function start(folder: string, clock: FakeClock, options: HostOptions) {
  const lock = lockState(folder);
  const state = openState(lock, { now: clock.now(), newInstance: INSTANCE, reserve: SMALL });
  const ports = join(state, clock, options);
  const stop = () => {
    state[Symbol.dispose]();
    lock[Symbol.dispose]();
  };
  return { state, ports, gate: new Gate(ports, { clock }), stop };
}

function join(state: State, clock: FakeClock, options: HostOptions): Ports {
  return {
    ...gatePorts(state, { now: () => clock.now(), newId: () => crypto.randomUUID() }),
    signing: () => {
      const { operational, recovery = "", thresholds, timeMark, longestLifetime } = options;
      const { now: _, stateBehind: __, ...facts } = hostFacts({ operational, recovery }, {
        instance: state.instance,
        ...(thresholds === undefined ? {} : { thresholds }),
        ...(timeMark === undefined ? {} : { timeMark }),
        ...(longestLifetime === undefined ? {} : { longestLifetime }),
      });
      return facts;
    },
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    alarm({ kind }) {
      throw new Error(`Alarm: ${kind}`);
    },
  };
}

/** Guest 101's volumes and interfaces. */
export const PARTS: IdentityParts = {
  volumes: ["local-lvm:vm-101-disk-0", "local-lvm:vm-101-disk-1"],
  macs: ["BC:24:11:00:00:01"],
};

/** Guest 101 as it stands there, running. */
export function guest(
  { name = "customer-a", parts = PARTS, running = true, snapshots = [] as const }: {
    readonly name?: string;
    readonly parts?: IdentityParts;
    readonly running?: boolean;
    readonly snapshots?: readonly { readonly name: string; readonly takenAt: number }[];
  } = {},
): Place {
  return {
    kind: "here",
    guest: {
      name,
      running,
      usage: { memory: 800, swap: 0 },
      config: {
        digest: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        identity: parts,
        linkDown: true,
        hookScript: false,
        memory: 2048,
        swap: 512,
        snapshots,
      },
    },
  };
}

/** What the host and the journal show: guest 101 is somebody's, and is running. */
export function facts(changes: Partial<Facts> = {}): Facts {
  const room = { available: 4e11, total: 5e11 };
  return {
    now: NOW,
    subject: 101,
    managed: { first: 100, last: 199 },
    journal: "current",
    place: guest(),
    newPlace: { kind: "unknown" },
    made: null,
    snapshotsMade: [],
    since: { agoMs: null, tasks: { kind: "complete", foreign: [] } },
    drills: null,
    openTransactions: [],
    desired: false,
    goldenImages: [],
    storages: { local: { ...room, pool: null, metadata: null } },
    expectedBytes: 1e9,
    reservations: {
      local: {
        ...{
          type: "dir",
          total: 5e11,
          volumes: 2e10,
          snapshots: 0,
          rest: 8e10,
          promised: 0,
          pool: [],
        },
        ...{ added: 1e9, mark: 0 },
      },
    },
    deeds: [],
    managedGuests: 20,
    runsSince: null,
    backups: 3,
    history: { guestStops: [], guestRestarts: [], hostStops: [], hostRestarts: [] },
    ...unbound(),
    ...changes,
  };
}

/** The destruction of guest 101. */
export const DESTROY: Action = { kind: "guest.destroy", guest: 101, params: { purge: true } };

/** What the hub wants. The action may be anything: it came over a wire. */
export function wish(action: unknown = DESTROY, changes: Partial<Intent> = {}): Intent {
  return JSON.parse(JSON.stringify({
    action,
    origin: "job",
    source: "hub",
    reference: "job-1",
    transaction: null,
    evidence: { why: "the hub asks for it", digest: null, observedAt: NOW },
    ...changes,
  }));
}

/** The document that an operator would sign for an action on what stands there. */
export function documentFor(
  action: Action = DESTROY,
  shown: Facts = facts(),
  options: Partial<DraftOptions> = {},
): string {
  return draftDocument({ action, target: liveTarget(shown) }, {
    host: "demo-felhom",
    instance: INSTANCE,
    nonce: nextNonce(),
    at: NOW - 30 * MINUTE,
    lifetime: 60 * MINUTE,
    reason: "contract ended",
    ...options,
  });
}

/** A document with signatures made by the real `ssh-keygen`. */
export async function signed(
  document: string | Uint8Array,
  by: readonly Operator[],
  namespace = "felhom-op-v1",
): Promise<Submission> {
  const signatures: string[] = [];
  for (const operator of by) signatures.push(await operator.sign(document, { namespace }));
  return { document: typeof document === "string" ? bytes(document) : document, signatures };
}

/** The code of a refusal; the outcome of every other answer. */
export function said(answer: Answer): string {
  return answer.outcome === "refused" ? answer.code : answer.outcome;
}
