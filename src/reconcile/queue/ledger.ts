import type { Clock } from "../../clock.ts";
import type { Quarantine } from "../../state/mod.ts";
import type { DesiredState } from "../desired/desired_state.ts";
import type { Blame } from "./blame.ts";
import {
  afterFailure,
  afterLook,
  afterSuccess,
  type GuestRecord,
  isSameRevision,
  type Look,
  type Moment,
  newRecord,
  type Revision,
} from "./guest_record.ts";

/** Where quarantines outlive the process: `state.quarantines`. */
export interface QuarantinePort {
  all(): readonly Quarantine[];
  set(quarantine: Quarantine): void;
  lift(vmid: number): boolean;
}

export interface LedgerOptions {
  readonly quarantines: QuarantinePort;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/** Whether drift may be worked on now. Signed work and jobs ask nobody. */
export type DriftTurn =
  | { readonly may: true }
  /** It comes again after `inMs`; null: not in this revision, it is in quarantine. */
  | { readonly may: false; readonly inMs: number | null };

/** What a try was about. */
export interface Tried {
  /** The revision that it was made for: what comes late for an older one is not written down. */
  readonly of: Revision;
  /** In words: `start`. */
  readonly step: string;
}

/**
 * What is remembered of each desired guest, for `why`, the back-off and the quarantine.
 *
 * INVARIANTS
 * - It knows guests of the desired state alone; and of each, one revision: the one it follows.
 * - A guest is in quarantine here if it is in the port, unless the port could not be written: then a
 *   restart forgets it, and it has to fail as often again.
 */
export class Ledger {
  readonly #quarantines: QuarantinePort;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #records = new Map<number, GuestRecord>();

  /** Begins with those that are in quarantine. */
  constructor({ quarantines, clock, random }: LedgerOptions) {
    this.#quarantines = quarantines;
    this.#clock = clock;
    this.#random = random;
    for (const { vmid, provider, revision, failures, reason, since } of quarantines.all()) {
      this.#records.set(vmid, {
        ...newRecord({ provider, revision }),
        last: { step: "the last try", at: since, problem: reason },
        failures,
        counted: failures,
        quarantinedSince: since,
      });
    }
  }

  /**
   * Takes a desired state as the one to follow: guests that it does not name are dropped, and those
   * of another revision begin anew. Quarantines of both are lifted.
   *
   * @throws {FelhomError} `state.*` when a quarantine cannot be lifted; called again, it is tried again
   */
  follow({ provider, revision, guests }: DesiredState): void {
    const of = { provider, revision };
    for (const [vmid, record] of this.#records) {
      if (guests.has(vmid) && isSameRevision(record.of, of)) continue;
      if (record.quarantinedSince !== null) this.#quarantines.lift(vmid);
      this.#records.delete(vmid);
    }
    for (const vmid of guests.keys()) {
      if (!this.#records.has(vmid)) this.#records.set(vmid, newRecord(of));
    }
  }

  /** Whether drift of this guest may be worked on now. A pass does not change that: time does. */
  turn(vmid: number): DriftTurn {
    const record = this.#records.get(vmid);
    if (record === undefined) return { may: true };
    if (record.quarantinedSince !== null) return { may: false, inMs: null };
    const inMs = (record.nextTryAt ?? 0) - this.#clock.monotonic();
    return record.nextTryAt === null || inMs <= 0 ? { may: true } : { may: false, inMs };
  }

  /** A step for drift succeeded. */
  succeeded(vmid: number, { of, step }: Tried): void {
    this.#change(vmid, of, (record) => afterSuccess(record, { step, at: this.#moment() }));
  }

  /**
   * A try for drift failed: a step of it, or reading what it needs. Signed work and jobs that fail
   * are not told here: they say nothing of the desired revision.
   *
   * @throws {FelhomError} `state.*` when the quarantine cannot be written; it holds all the same
   */
  failed(vmid: number, failure: Tried & { readonly problem: string; readonly blame: Blame }): void {
    const { of, step, problem, blame } = failure;
    const before = this.#records.get(vmid)?.quarantinedSince ?? null;
    const record = this.#change(
      vmid,
      of,
      (record) =>
        afterFailure(record, { step, problem, blame, at: this.#moment(), random: this.#random() }),
    );
    if (record === undefined || record.quarantinedSince === null || before !== null) return;
    this.#quarantines.set({
      vmid,
      ...record.of,
      failures: record.counted,
      reason: problem,
      since: record.quarantinedSince,
    });
  }

  /** It was looked at. */
  lookedAt(vmid: number, { of, ...look }: Look & { readonly of: Revision }): void {
    this.#change(vmid, of, (record) => afterLook(record, look));
  }

  /** What is known of a guest; undefined when it is not desired. */
  record(vmid: number): GuestRecord | undefined {
    return this.#records.get(vmid);
  }

  /** All that is known, by VMID. */
  get records(): ReadonlyMap<number, GuestRecord> {
    return this.#records;
  }

  #change(
    vmid: number,
    of: Revision,
    change: (record: GuestRecord) => GuestRecord,
  ): GuestRecord | undefined {
    const record = this.#records.get(vmid);
    if (record === undefined || !isSameRevision(record.of, of)) return undefined;
    const changed = change(record);
    this.#records.set(vmid, changed);
    return changed;
  }

  #moment(): Moment {
    return { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
  }
}
