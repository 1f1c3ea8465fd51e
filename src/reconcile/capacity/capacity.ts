import type { Clock } from "../../clock.ts";
import {
  isManaged,
  type Overcommit,
  provisionedOf,
  type Reservation,
  reservationLimit,
  type VmidRange,
} from "../../gate/mod.ts";
import type { Guest, Reads, StorageStatus } from "../../proxmox/mod.ts";
import { unlessAborted } from "../unless_aborted.ts";
import { attempt } from "../facts/attempt.ts";
import { readStatuses, type StorageStatuses } from "../facts/read_room.ts";
import type { RoomClaims } from "../facts/room_claims.ts";
import type { Fill } from "./given_away.ts";
import { isSameVolume, type PoolsOf, poolsOf } from "./pools.ts";
import { type GuestReads, type GuestsGivenAway, readGuestsGivenAway } from "./read_guests.ts";

export interface CapacityOptions {
  readonly reads: GuestReads & Pick<Reads, "guests" | "storageStatus" | "storageConfigs">;
  readonly managed: VmidRange;
  /** Storages that are looked at whether guests lie on them or not. */
  readonly storages: readonly string[];
  readonly overcommit: Overcommit;
  /** Whether the agent made the guest of a VMID. */
  readonly isMade: (vmid: number) => boolean;
  readonly claims: RoomClaims;
  readonly clock: Pick<Clock, "now" | "monotonic">;
}

/** What one reading found. */
interface Reading extends GuestsGivenAway {
  /** Of the claims, before it began. */
  readonly mark: number;
  /** By the monotonic clock. */
  readonly at: number;
  /** Of the storages that are used, as they were then. */
  readonly statuses: StorageStatuses;
  readonly poolsOf: PoolsOf;
}

/** A storage as `status` shows it. */
export interface StorageReport extends Given {
  readonly storage: string;
  /** All of it together. */
  readonly provisioned: number;
  /** How much may be given away. */
  readonly limit: number;
  /** The same, times what the storage has and others do not use. */
  readonly ratio: number;
}

type Given = Omit<Reservation, "added" | "mark">;

/** What storages have given away, when it was last looked at. */
export interface CapacityReport {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly storages: readonly StorageReport[];
}

/** Types on which a volume uses all that it has from the start. */
const THICK: ReadonlySet<string> = new Set(["lvm"]);
/** Who waits for a reading may give up; the reading goes on. */
const NEVER = new AbortController().signal;
/** How long what others do to guests may stay unseen, milliseconds. What the agent does is promised. */
const FRESH_MS = 60_000;
/** And how long when the guests cannot be listed. */
const STALE_MS = 10 * 60_000;

/**
 * What is given away of the storages. All guests are read for it, so a reading serves all who ask
 * within a while; what the agent itself gives away since is among the claims.
 */
export class Capacity {
  readonly #options: CapacityOptions;
  #last: Reading | null = null;
  #underWay: Promise<Reading> | null = null;
  #report: CapacityReport | null = null;
  #surveyedAt: number | null = null;
  #managedGuests: number | null = null;
  /** Bytes in use of root file systems, by VMID, as they were last shown. */
  #disks: ReadonlyMap<number, number> = new Map();

  constructor(options: CapacityOptions) {
    this.#options = options;
  }

  /** As it was last looked at; null before the first look. */
  get report(): CapacityReport | null {
    return this.#report;
  }

  /**
   * What is given away of storages, by their name; one that shows no figures is left out, and so are all
   * when the guests cannot be listed.
   *
   * @param statuses of the storages that are asked about, read just now
   * @param added what the action gives away on each; null when nobody can tell
   * @throws the signal's reason when it is aborted; what is no {@linkcode FelhomError}
   */
  async reservations(
    statuses: StorageStatuses,
    { added, signal }: {
      readonly added: (storage: string) => number | null;
      readonly signal: AbortSignal;
    },
  ): Promise<{
    readonly byStorage: Readonly<Record<string, Reservation>>;
    /** Storages that a guest has volumes on; null when it is not known. */
    readonly storagesOf: (vmid: number) => readonly string[] | null;
  }> {
    const read = await attempt(this.#reading(signal), { signal });
    // Where the list hangs, what was read a while ago will do: what the agent gave away is promised.
    const reading = read.ok ? read.value : this.#recent();
    if (reading === null) return { byStorage: {}, storagesOf: () => null };
    const byStorage = [...statuses].flatMap(([storage, status]) => {
      const given = this.#given(storage, { status, reading });
      if (given === null) return [];
      return [[storage, { ...given, added: added(storage), mark: reading.mark }] as const];
    });
    return {
      byStorage: Object.fromEntries(byStorage),
      storagesOf: (vmid) => {
        const found = reading.byGuest.get(vmid);
        return found === undefined ? null : [...found.keys()];
      },
    };
  }

  /** How many guests of the managed range there were when they were last listed; null before. */
  get managedGuests(): number | null {
    return this.#managedGuests;
  }

  /** Takes note of all guests that a list showed, and of how full they are. */
  listed(rows: readonly Guest[]): void {
    const { managed } = this.#options;
    this.#managedGuests = rows.filter(({ vmid }) => isManaged(vmid, managed)).length;
    // What is stopped shows zero, and uses what it did.
    const kept = rows.map(({ vmid, disk = 0 }) =>
      [vmid, disk > 0 ? disk : this.#disks.get(vmid) ?? null] as const
    );
    this.#disks = new Map(kept.flatMap(([vmid, disk]) => disk === null ? [] : [[vmid, disk]]));
  }

  /**
   * Looks at all storages that guests lie on, and at those that are used besides, for the report; once
   * in a while, however often it is called.
   *
   * @throws {FelhomError} when the guests cannot be listed; the signal's reason
   */
  async survey(signal: AbortSignal): Promise<void> {
    const { reads, clock, storages, overcommit } = this.#options;
    const began = clock.monotonic();
    if (this.#surveyedAt !== null && began - this.#surveyedAt < FRESH_MS) return;
    this.#surveyedAt = began;
    const reading = await this.#reading(signal);
    const used = [...reading.byGuest.values()].flatMap((byStorage) => [...byStorage.keys()]);
    const statuses = await readStatuses([...storages, ...used], { reads, signal });
    this.#report = {
      at: clock.now(),
      storages: [...statuses].flatMap(([storage, status]) => {
        const given = this.#given(storage, { status, reading });
        if (given === null) return [];
        const { bytes: limit, ratio } = reservationLimit(storage, given, overcommit);
        return [{ storage, ...given, provisioned: provisionedOf(given), limit, ratio }];
      }).toSorted((one, other) => one.storage < other.storage ? -1 : 1),
    };
  }

  /**
   * What the agent made is taken for empty where nobody knows: else what it gives away would hide what
   * others use. An operator's guests are taken for full.
   */
  #fillOf(vmid: number): Fill {
    const root = this.#disks.get(vmid) ?? null;
    return this.#options.isMade(vmid)
      ? { root: root ?? 0, others: "empty" }
      : { root, others: "full" };
  }

  /** Null when the storage shows no figures. */
  #given(
    storage: string,
    { status, reading }: { readonly status: StorageStatus; readonly reading: Reading },
  ): Given | null {
    const { total, avail, type = null } = status;
    if (total === undefined) return null;
    const used = status.used ?? (avail === undefined ? undefined : total - avail);
    if (used === undefined) return null;
    const pool = reading.poolsOf(storage, status);
    const members = [
      [storage, status] as const,
      ...pool.flatMap((name) => {
        const seen = reading.statuses.get(name);
        return seen === undefined ? [] : [[name, seen] as const];
      }),
    ];
    let [volumes, snapshots, own, promised] = [0, 0, 0, 0];
    for (const [name, { type }] of members) {
      for (const byStorage of reading.byGuest.values()) {
        const found = byStorage.get(name);
        volumes += found?.volumes ?? 0;
        snapshots += found?.snapshots ?? 0;
        own += (THICK.has(type ?? "") ? found?.volumes : found?.used) ?? 0;
      }
      promised += this.#options.claims.promised(name, reading.mark);
    }
    const beside = usedBeside(status, members.slice(1).map(([, seen]) => seen));
    const rest = Math.max(0, used + beside - own);
    return { type, total: total + beside, volumes, snapshots, rest, promised, pool };
  }

  #recent(): Reading | null {
    const last = this.#last;
    return last !== null && this.#options.clock.monotonic() - last.at < STALE_MS ? last : null;
  }

  async #reading(signal: AbortSignal): Promise<Reading> {
    const { claims, clock } = this.#options;
    const last = this.#last;
    const isFresh = last !== null && clock.monotonic() - last.at < FRESH_MS &&
      !claims.freedSince(last.mark);
    if (isFresh) return last;
    this.#underWay ??= this.#begin();
    return await unlessAborted(this.#underWay, signal);
  }

  #begin(): Promise<Reading> {
    const reading = this.#read().finally(() => {
      this.#underWay = null;
    });
    // Everybody who waited for it may have given up; who has not is told.
    reading.catch(() => {});
    return reading;
  }

  /** Who waits for it may give up, each alone: it has no signal. */
  async #read(): Promise<Reading> {
    const { reads, claims, clock } = this.#options;
    const mark = claims.mark();
    const at = clock.monotonic();
    const rows = await reads.guests();
    this.listed(rows);
    const found = await readGuestsGivenAway(reads, {
      rows,
      fillOf: (vmid) => this.#fillOf(vmid),
      known: this.#last?.snapshots ?? new Map(),
    });
    const used = [...found.byGuest.values()].flatMap((byStorage) => [...byStorage.keys()]);
    const [statuses, configs] = await Promise.all([
      readStatuses([...this.#options.storages, ...used], { reads, signal: NEVER }),
      attempt(reads.storageConfigs(), { signal: NEVER }),
    ]);
    const pools = poolsOf(statuses, configs.ok ? configs.value : []);
    // Facts by the reading before may not be decided on yet: what they need is kept.
    if (this.#last !== null) claims.forget(this.#last.mark);
    this.#last = { ...found, mark, at, statuses, poolsOf: pools };
    return this.#last;
  }
}

/**
 * What others of a pool have used, and what shows in the pool's room only there: a dataset shows what it
 * has used itself, a file system under two names the same twice.
 */
function usedBeside(status: StorageStatus, others: readonly StorageStatus[]): number {
  const counted = [status];
  let beside = 0;
  for (const other of others) {
    if (counted.some((each) => isSameVolume(each, other))) continue;
    counted.push(other);
    beside += other.used ?? 0;
  }
  return beside;
}
