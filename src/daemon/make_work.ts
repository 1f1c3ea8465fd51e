import { FelhomError } from "../errors.ts";
import { type Alarm, Gate } from "../gate/mod.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log/logger.ts";
import { TaskPace } from "../proxmox/mod.ts";
import { noteRunning } from "../reconcile/actual/note_running.ts";
import { watchedReads } from "../reconcile/actual/watched_reads.ts";
import type { DesiredProvider } from "../reconcile/desired/provider.ts";
import { Promises } from "../reconcile/facts/promises.ts";
import { Capacity } from "../reconcile/capacity/capacity.ts";
import { RoomClaims } from "../reconcile/facts/room_claims.ts";
import { readFacts } from "../reconcile/facts/read_facts.ts";
import { StartupDelays } from "../reconcile/facts/startup_delays.ts";
import { RunningMacs } from "../reconcile/facts/running_macs.ts";
import { Departures } from "../reconcile/settling/departures.ts";
import { Lifetimes } from "../reconcile/settling/lifetimes.ts";
import type { Work } from "../reconcile/work.ts";
import { gatePorts, type State } from "../state/mod.ts";
import { gatePolicy } from "./gate_policy.ts";
import { hostFacts } from "./host_facts.ts";
import type { DaemonSetup } from "./setup.ts";
import type { HostConnection } from "./wiring.ts";

export interface MakeWorkOptions {
  readonly state: State;
  readonly connection: HostConnection;
  readonly provider: DesiredProvider;
  readonly clock: Clock;
  /** What the life of a permit goes by. */
  readonly callClock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** As many bytes as asked for that nobody can foretell. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** A random identifier, never given twice. */
  readonly newId: () => string;
  readonly log: Logger;
}

/** Joins state, gate and connection to what the engine works with. */
export function makeWork(
  setup: Pick<DaemonSetup, "proxmox" | "guests" | "operations" | "signers">,
  options: MakeWorkOptions,
): Work {
  const { state, connection, provider, clock, callClock, random, randomBytes, newId, log } =
    options;
  const { hands, tokenId } = connection;
  const saw = noteRunning({ state, clock, log });
  const eyes = {
    ...connection.eyes,
    reads: watchedReads(connection.eyes.reads, { now: () => clock.now(), saw }),
  };
  const node = setup.proxmox.node;
  const managed = setup.guests.managedVmids;
  const policy = gatePolicy(setup.guests);
  const gate = new Gate({
    ...gatePorts(state, { now: clock.now, newId }),
    signing: () => hostFacts(setup, state, clock.now()),
    random: randomBytes,
    alarm: (alarm) => raise(log, alarm),
  }, { clock, permitClock: callClock, policy });
  const departures = new Departures(clock);
  const { goldenImages, drillVmids: drills, memoryOvercommit } = setup.guests;
  const { storages, bridges, vlans, addressPrefixes } = setup.proxmox;
  const rules = { allowed: { storages, bridges, vlans, addressPrefixes }, memoryOvercommit };
  const { reads } = eyes;
  const startupDelays = new StartupDelays({ reads, managed, clock });
  const promises = new Promises(startupDelays);
  const runningMacs = new RunningMacs({ reads, clock, log, asOf: () => promises.asOf });
  const claims = new RoomClaims();
  const capacity = new Capacity({
    ...{ reads, managed, claims, clock, storages },
    overcommit: policy.overcommit,
    isMade: (vmid) => state.guests.get(vmid) !== undefined,
  });
  const sources = {
    ...{ reads, state, provider, managed, drills, departures, goldenImages, rules, capacity },
    ...{ runningMacs, startupDelays },
    now: clock.now,
  };
  return {
    drills,
    scratch: {
      images: goldenImages.map(({ volume }) => volume),
      storages,
      bridges,
    },
    ...{ node, tokenId, managed, eyes, hands, state, gate, provider, clock, random, newId, log },
    pace: new TaskPace(),
    ...{ claims, capacity, promises },
    lifetimes: new Lifetimes({
      clock,
      limitMs: setup.operations.unsignedLifetime,
      timeMark: () => state.timeMark.get() ?? 0,
    }),
    departures,
    facts: (action, signal, row) => readFacts(action, sources, { signal, row }),
  };
}

/** What an operator has to know, though it changes no decision. */
function raise(log: Logger, alarm: Alarm): void {
  switch (alarm.kind) {
    case "audit_broken":
      return log.error("The audit log was altered: its chain does not hold");
    case "audit_unwritten":
      return log.error("A decision could not be written to the audit log", reason(alarm.cause));
    case "pending_unkept":
      return log.error("A wish that waits for a signature could not be kept", reason(alarm.cause));
    default:
      return alarm satisfies never;
  }
}

function reason(cause: unknown): { readonly code?: string; readonly error: string } {
  return cause instanceof FelhomError
    ? { code: cause.code, error: cause.message }
    : { error: cause instanceof Error ? cause.message : String(cause) };
}
