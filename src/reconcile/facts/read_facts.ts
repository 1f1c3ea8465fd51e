import { type Action, ownerOfBackup } from "../../action/mod.ts";
import type { GoldenImage } from "../../config/mod.ts";
import type { AllowLists, Facts, Place, VmidRange } from "../../gate/mod.ts";
import { asVolid, type Guest, parseVmid, type Reads } from "../../proxmox/mod.ts";
import type { State } from "../../state/mod.ts";
import type { DesiredProvider } from "../desired/provider.ts";
import { attempt } from "./attempt.ts";
import { expectedBytes } from "./expected_bytes.ts";
import { isStillPinned } from "./golden_image.ts";
import { journalFacts } from "./journal_facts.ts";
import { type ReadPlace, readPlace, readVacancy } from "./read_place.ts";
import { readMemory, readPeak } from "./read_memory.ts";
import { readRoom } from "./read_room.ts";
import { restoredInterfaces } from "./restored_interfaces.ts";

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
  /** As the configuration pins them. */
  readonly goldenImages: readonly GoldenImage[];
  readonly rules: Rules;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

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
  const [found, newPlace, pinned, backupConfig, backups] = await Promise.all([
    placeFor(action, { ...how, row }),
    newPlaceFor(action, how),
    pinnedFor(action, sources.goldenImages, how),
    backupConfigFor(action, how),
    backupsFor(action, how),
  ]);
  const { place } = found;
  const { allowed, memoryOvercommit: overcommit } = sources.rules;
  const [storages, memory, peak] = await Promise.all([
    readRoom(storagesFor(action, place), how),
    readMemory(action, place, { ...how, overcommit }),
    readPeak(action, place, how),
  ]);
  const now = sources.now();
  return {
    now,
    subject: action.guest,
    managed: sources.managed,
    ...journalFacts(sources.state, action.guest, { now }),
    place,
    newPlace,
    desired: action.guest !== null && isDesired(action.guest, sources.provider),
    goldenImages: pinned,
    storages,
    expectedBytes: expectedBytes(action, { ...found, backupConfig }),
    backups,
    allowed,
    memory,
    peak,
    restoredInterfaces: action.kind === "guest.restore_over" && backupConfig !== null
      ? restoredInterfaces(backupConfig)
      : null,
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

/** Backups that the token cannot see are left out of the list without a word (FACTS §5). */
async function backupsFor(action: Action, { reads, signal }: With): Promise<number | null> {
  if (action.kind !== "guest.backup") return null;
  const { guest, params: { storage } } = action;
  const vmid = parseVmid(guest);
  const call = { content: "backup", vmid, signal };
  const content = await attempt(reads.storageContent(storage, call), { signal });
  // The filter matches the number anywhere in a file's name (FACTS §5).
  return content.ok
    ? content.value.filter(({ volid }) => ownerOfBackup(volid) === guest).length
    : null;
}

function storagesFor(action: Action, place: Place): readonly string[] {
  switch (action.kind) {
    case "guest.create":
    case "guest.restore_over":
    case "guest.backup":
      return [action.params.storage];
    case "golden.create":
      return [action.params.rootfs.storage];
    case "guest.snapshot": {
      // As the gate names them: where a snapshot of the guest grows.
      const volumes = place.kind === "here" ? place.guest.config?.identity.volumes ?? [] : [];
      return volumes.filter((volume) => volume.includes(":")).map((volume) =>
        volume.slice(0, volume.indexOf(":"))
      );
    }
    default:
      return [];
  }
}

/** When nobody can say what is desired, it may be the subject: then it is nobody's scratch. */
function isDesired(vmid: number, provider: Pick<DesiredProvider, "current">): boolean {
  try {
    return provider.current().guests.has(vmid);
  } catch {
    return true;
  }
}
