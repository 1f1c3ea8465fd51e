import {
  type ConfigFacts,
  type GuestFacts,
  isLinkDown,
  type Place,
  readIdentity,
  type SnapshotFacts,
} from "../../gate/mod.ts";
import type { Guest, GuestConfig, Reads, Snapshot, Vmid } from "../../proxmox/mod.ts";
import { type Attempt, attempt } from "./attempt.ts";

const MIB = 1024 ** 2;
/** MiB of memory and of swap that a guest has when the configuration says nothing (FACTS §3.1). */
const DEFAULT_MIB = 512;

export interface PlaceOptions {
  readonly reads: Reads;
  readonly signal: AbortSignal;
  /** Whether the snapshots matter. When not, none are listed. */
  readonly snapshots: boolean;
  /** The guest's row, read a moment ago. @default it is read */
  readonly row?: Guest | undefined;
}

/** What stands under a VMID, and what of it only some actions need. */
export interface ReadPlace {
  readonly place: Place;
  /** The live configuration, where it could be read. */
  readonly config: GuestConfig | null;
  readonly status: Guest | null;
}

const UNKNOWN: ReadPlace = { place: { kind: "unknown" }, config: null, status: null };

/**
 * Reads what stands under a VMID. Two configurations, which pveproxy answers itself, and the status,
 * which it does not (OBSERVED 4): a guest that its list leaves out is asked for by itself.
 *
 * Needs VM.Audit; a guest without it is unknown.
 */
export async function readPlace(vmid: Vmid, options: PlaceOptions): Promise<ReadPlace> {
  const { reads, signal, row } = options;
  const call = { signal };
  const [live, next, status, snapshots] = await Promise.all([
    attempt(reads.guestConfig(vmid, { ...call, live: true }), call),
    attempt(reads.guestConfig(vmid, call), call),
    row === undefined
      ? attempt(reads.guestRow(vmid, call), call)
      : { ok: true, value: row } as const,
    options.snapshots ? attempt(reads.guestSnapshots(vmid, call), call) : NO_SNAPSHOTS,
  ]);
  if (isMissing(live) || isMissing(status)) {
    return { ...UNKNOWN, place: await readVacancy(vmid, options) };
  }
  // Whether it runs decides too much to be guessed at.
  if (!status.ok) return UNKNOWN;
  const config = configFacts({ live, next, snapshots });
  const guest: GuestFacts = {
    name: status.value.name ?? `CT${vmid}`,
    running: status.value.status === "running",
    config,
    usage: usageOf(status.value),
  };
  return {
    place: { kind: "here", guest },
    config: config !== null && live.ok ? live.value : null,
    status: status.value,
  };
}

/**
 * Whether a VMID is free, where no container of this node has it: what is taken then is a guest of
 * another node, or a virtual machine.
 */
export async function readVacancy(
  vmid: Vmid,
  { reads, signal }: Pick<PlaceOptions, "reads" | "signal">,
): Promise<Place> {
  const free = await attempt(reads.isFree(vmid, { signal }), { signal });
  if (!free.ok) return { kind: "unknown" };
  return { kind: free.value ? "free" : "elsewhere" };
}

const NO_SNAPSHOTS: Attempt<readonly Snapshot[]> = { ok: true, value: [] };

/** FACTS §3.2: the same text for a guest that is gone and for one that is on another node. */
function isMissing(read: Attempt<unknown>): boolean {
  return !read.ok && read.error.code === "proxmox.missing";
}

/** Null when any of it could not be read, or when it changed between two reads. */
function configFacts(
  { live, next, snapshots }: {
    readonly live: Attempt<GuestConfig>;
    readonly next: Attempt<GuestConfig>;
    readonly snapshots: Attempt<readonly Snapshot[]>;
  },
): ConfigFacts | null {
  if (!live.ok || !next.ok || !snapshots.ok) return null;
  const { digest, memory = DEFAULT_MIB, swap = DEFAULT_MIB } = live.value;
  if (next.value.digest !== digest) return null;
  const both = [live.value, next.value];
  return {
    digest,
    identity: readIdentity(both),
    linkDown: isLinkDown(both),
    hookScript: both.some((config) => config["hookscript"] !== undefined),
    memory,
    swap,
    snapshots: snapshots.value.map(snapshotFacts),
  };
}

/** One that is incomplete may have no time: of the epoch, it is none that any action names. */
function snapshotFacts({ name, snaptime = 0 }: Snapshot): SnapshotFacts {
  return { name, takenAt: snaptime };
}

function usageOf({ status, mem, swap }: Guest): GuestFacts["usage"] {
  if (status !== "running") return { memory: 0, swap: 0 };
  if (mem === undefined || swap === undefined) return null;
  return { memory: Math.ceil(mem / MIB), swap: Math.ceil(swap / MIB) };
}
