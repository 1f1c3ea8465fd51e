import type { Action } from "../../action/mod.ts";
import type { GoldenImage } from "../../config/mod.ts";
import { FelhomError } from "../../errors.ts";
import {
  type AllowLists,
  type Facts,
  isManaged,
  macsToStart,
  type Place,
  type VmidRange,
} from "../../gate/mod.ts";
import { asVolid, type Guest, parseVmid, type Reads } from "../../proxmox/mod.ts";
import type { State } from "../../state/mod.ts";
import type { DesiredProvider } from "../desired/provider.ts";
import type { Departures } from "../settling/departures.ts";
import type { Capacity } from "../capacity/capacity.ts";
import { attempt } from "./attempt.ts";
import { readDiskUsers } from "./disk_users.ts";
import { expectedBytes } from "./expected_bytes.ts";
import { isStillPinned } from "./golden_image.ts";
import { type KnownScratch, knownScratch, noteScratch } from "./note_scratch.ts";
import { deedsFor, journalFacts } from "./journal_facts.ts";
import { type ReadPlace, readPlace, readVacancy } from "./read_place.ts";
import { readMemory, readPeak } from "./read_memory.ts";
import { readStatuses, roomOf } from "./read_room.ts";
import { addedBytes } from "./added_bytes.ts";
import { readOwnSince } from "./read_own_since.ts";
import { restoredInterfaces } from "./restored_interfaces.ts";
import { rollbackFactsFor, signedWorkFor, storagesOfVolumes } from "./snapshot_facts.ts";
import type { StartupDelays } from "./startup_delays.ts";
import type { RunningMacs } from "./running_macs.ts";

/** What root's configuration allows. */
export interface Rules {
  readonly allowed: AllowLists;
  /** How many times the node's memory all guests together may be promised. */
  readonly memoryOvercommit: number;
}

/** Where facts come from. Nothing of it is a hub's. */
export interface FactSources {
  readonly reads: Reads;
  readonly state: State;
  readonly provider: Pick<DesiredProvider, "current">;
  readonly managed: VmidRange;
  /** VMIDs of the agent's own drills. @default none are set apart */
  readonly drills?: VmidRange | undefined;
  /** What this process began. @default nothing */
  readonly departures?: Pick<Departures, "sinceAtWorkMs"> | undefined;
  readonly capacity: Capacity;
  /** As the configuration pins them. */
  readonly goldenImages: readonly GoldenImage[];
  readonly rules: Rules;
  /** Who of this node's guests has which MAC. */
  readonly runningMacs: Pick<RunningMacs, "holders">;
  readonly startupDelays: Pick<StartupDelays, "factsFor">;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const NOTHING_GIVEN = { byStorage: {}, storagesOf: () => null };
const NOWHERE: ReadPlace = { place: { kind: "unknown" }, config: null, status: null };

/**
 * Reads all that the gate decides an action by, right now. Only what an action of this kind is
 * decided by is asked of Proxmox; the rest has the value that says that it is not known. What cannot
 * be read has that value too: the gate refuses by it.
 *
 * @throws the signal's reason when it is aborted; {@linkcode FelhomError} `state.*`, when the agent's
 * own state cannot be read
 */
export async function readFacts(
  action: Action,
  sources: FactSources,
  { signal, row }: {
    readonly signal: AbortSignal;
    /** The subject's, read a moment ago. @default it is read */
    readonly row?: Guest | undefined;
  },
): Promise<Facts> {
  signal.throwIfAborted();
  const how = { reads: sources.reads, signal };
  const before = action.guest === null ? null : knownScratch(action.guest, sources.state);
  const [found, newPlace, pinned, backupConfig, backups] = await Promise.all([
    placeFor(action, { ...how, row }),
    newPlaceFor(action, how),
    pinnedFor(action, sources.goldenImages, how),
    backupConfigFor(action, how),
    backupsFor(action, { ...how, state: sources.state }),
  ]);
  const { place } = found;
  const { allowed, memoryOvercommit: overcommit } = sources.rules;
  const bringsUp = macsToStart(action, { place });
  const [statuses, memory, peak, diskUsers, macs, startup, rollback] = await Promise.all([
    readStatuses(storagesFor(action, place), how),
    readMemory(action, place, { ...how, overcommit }),
    readPeak(action, place, how),
    action.kind === "disk.unmount" ? readDiskUsers({ ...how, expected: allowed.storages }) : null,
    bringsUp.length === 0
      ? null
      : sources.runningMacs.holders(bringsUp, { besides: action.guest, signal }),
    sources.startupDelays.factsFor(action, signal),
    rollbackFactsFor(action, place, { ...how, state: sources.state }),
  ]);
  const expected = expectedBytes(action, { ...found, backupConfig });
  const added = addedBytes(action, { config: found.config, expected });
  const { byStorage, storagesOf } = statuses.size === 0
    ? NOTHING_GIVEN
    : await sources.capacity.reservations(statuses, { added, signal });
  // After all else: what was done while that was read is in it.
  const since = await readOwnSince(action, sources, signal);
  const now = sources.now();
  const { guest } = action;
  const named = guest === null ? false : isNamed(guest, sources);
  if (guest !== null && before !== null) {
    noteSeen(guest, sources, { found, before, desired: named, now });
  }
  const mostMemory = guest === null ? null : noteMemory(guest, sources, { place, now });
  return {
    now,
    subject: action.guest,
    managed: sources.managed,
    ...journalFacts(sources.state, action.guest, { now }),
    signedWork: signedWorkFor(action, sources.state, now),
    rollback,
    place,
    newPlace,
    since,
    drills: sources.drills ?? null,
    // When nobody can say what is desired, it may be the subject: then it is nobody's scratch.
    desired: guest !== null && (named !== false || wasNamed(guest, sources)),
    goldenImages: pinned,
    storages: roomOf(statuses),
    expectedBytes: expected,
    reservations: byStorage,
    backups,
    allowed,
    diskUsers,
    macs,
    memory,
    peak,
    mostMemory,
    restoredInterfaces: action.kind === "guest.restore_over" && backupConfig !== null
      ? restoredInterfaces(backupConfig)
      : null,
    deeds: deedsFor(action, sources.state, { now, storagesOf }),
    managedGuests: sources.capacity.managedGuests,
    startup,
    runsSince: action.guest === null ? null : runsSince(action.guest, sources),
  };
}

interface With {
  readonly reads: Reads;
  readonly signal: AbortSignal;
}

async function placeFor(
  action: Action,
  { row, ...options }: With & { readonly row: Guest | undefined },
): Promise<ReadPlace> {
  if (action.guest === null) return NOWHERE;
  const vmid = parseVmid(action.guest);
  switch (action.kind) {
    case "guest.create":
    case "golden.create": {
      const place = await readVacancy(vmid, options);
      // Who stands in the way, if it is a guest that the agent may see.
      return place.kind === "elsewhere"
        ? await readPlace(vmid, { ...options, snapshots: false })
        : { ...NOWHERE, place };
    }
    case "guest.snapshot":
    case "guest.delete_snapshot":
    case "guest.rollback":
      return await readPlace(vmid, { ...options, row, snapshots: true });
    default:
      return await readPlace(vmid, { ...options, row, snapshots: false });
  }
}

async function newPlaceFor(action: Action, options: With): Promise<Place> {
  if (action.kind !== "guest.restore_over") return { kind: "unknown" };
  return await readVacancy(parseVmid(action.params.new_vmid), options);
}

async function pinnedFor(
  action: Action,
  pinned: readonly GoldenImage[],
  options: With,
): Promise<string[] | null> {
  if (action.kind !== "guest.create") return [];
  const { image } = action.params;
  const still = await isStillPinned(image, pinned, options);
  if (still === null) return null;
  return still ? [image] : [];
}

async function backupConfigFor(action: Action, { reads, signal }: With): Promise<string | null> {
  const backup = restoredBy(action);
  if (backup === null) return null;
  const read = await attempt(reads.backupConfig(asVolid(backup), { signal }), { signal });
  return read.ok ? read.value : null;
}

function restoredBy(action: Action): string | null {
  switch (action.kind) {
    case "guest.create":
      return action.params.image;
    case "guest.restore_over":
      return action.params.backup;
    default:
      return null;
  }
}

/**
 * Those that the agent made, as its journal says, and that are there. Backups that the token cannot see
 * are left out of the list without a word (FACTS §5).
 */
async function backupsFor(
  action: Action,
  { reads, state, signal }: With & { readonly state: Pick<State, "operations"> },
): Promise<number | null> {
  if (action.kind !== "guest.backup") return null;
  const { guest, params: { storage } } = action;
  const vmid = parseVmid(guest);
  const call = { content: "backup", vmid, signal };
  const content = await attempt(reads.storageContent(storage, call), { signal });
  if (!content.ok) return null;
  const made = state.operations.backupsOf(guest);
  return content.value.filter(({ volid }) => made.has(volid)).length;
}

/** Since when it is desired that a guest runs. */
function runsSince(
  vmid: number,
  { provider, state }: Pick<FactSources, "provider" | "state">,
): number | null {
  try {
    const desired = provider.current();
    if (desired.guests.get(vmid)?.state !== "running") return null;
    const accepted = state.desired.current(desired.provider);
    return accepted?.revision === desired.revision ? accepted.acceptedAt : null;
  } catch (error) {
    // It cannot be read: the pass says so.
    if (error instanceof FelhomError) return null;
    throw error;
  }
}

function storagesFor(action: Action, place: Place): readonly string[] {
  switch (action.kind) {
    case "guest.create":
    case "guest.restore_over":
    case "guest.backup":
      return [action.params.storage];
    case "golden.create":
      return [action.params.rootfs.storage];
    case "guest.snapshot":
      // As the gate names them.
      return storagesOfVolumes(place);
    default:
      return [];
  }
}

/** Writes down what was seen of the subject that ends what its marks are good for, for good. */
function noteSeen(
  vmid: number,
  { state }: Pick<FactSources, "state">,
  { found: { place, config }, before, desired, now }: {
    readonly found: ReadPlace;
    readonly before: KnownScratch;
    readonly desired: boolean | null;
    readonly now: number;
  },
): void {
  if (desired === true) state.guests.named([vmid], now);
  // Up once is up: what came over it nobody knows.
  if (place.kind === "here" && place.guest.config?.linkDown === false) {
    state.guests.loseScratch(vmid, now, "a link of it was up");
  }
  noteScratch(vmid, state, { before, kind: place.kind, config, at: now });
}

/** Notes how much memory the subject has. @returns MiB: the most it ever had, null when not known */
function noteMemory(
  vmid: number,
  { state, managed }: Pick<FactSources, "state" | "managed">,
  { place, now }: { readonly place: Place; readonly now: number },
): number | null {
  if (!isManaged(vmid, managed)) return null;
  // Proven by the cluster's list: what is made there next is another guest.
  if (place.kind === "free") state.guestMemory.forget(vmid);
  if (place.kind !== "here" || place.guest.config === null) return state.guestMemory.most(vmid);
  return state.guestMemory.saw(vmid, place.guest.config.memory, now);
}

/** Whether the desired state of now names a guest; null when nobody can say. */
function isNamed(vmid: number, { provider }: Pick<FactSources, "provider">): boolean | null {
  try {
    return provider.current().guests.has(vmid);
  } catch {
    return null;
  }
}

/** Whether any desired state that is kept names a guest that the agent made: then it is for that. */
function wasNamed(vmid: number, { state }: Pick<FactSources, "state">): boolean {
  return state.guests.get(vmid) !== undefined && state.desired.everNamed(vmid);
}
