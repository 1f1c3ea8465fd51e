import type { Clock } from "../../clock.ts";
import type { Action } from "../../action/mod.ts";
import {
  isManaged,
  type StartupDelays as Delays,
  startupDelaysOf,
  type StartupFacts,
  type VmidRange,
} from "../../gate/mod.ts";
import type { Reads, Vmid } from "../../proxmox/mod.ts";
import { eachAtOnce } from "../at_once.ts";
import { unlessAborted } from "../unless_aborted.ts";
import { attempt } from "./attempt.ts";

/** How long what was read serves all who ask, milliseconds; what the agent sets is promised. */
const FRESH_MS = 60_000;
/** Configurations that are asked for at once: pveproxy answers them itself (OBSERVED 5). */
const AT_ONCE = 8;

/** A reading of all managed guests. */
interface Reading {
  /** By the monotonic clock. */
  readonly at: number;
  readonly byGuest: ReadonlyMap<number, Delays>;
}

/** A delay that was let through, and may not show in a reading that was begun before. */
interface Promised {
  readonly delays: Delays;
  /** When its work ended, by the monotonic clock; null while it is under way. */
  endedAt: number | null;
}

/**
 * By how much managed guests hold up those that start, or stop, after them. Their configurations are
 * read at most once a minute, and only when a delay is to be set.
 */
export class StartupDelays {
  readonly #reads: Pick<Reads, "guests" | "guestConfig">;
  readonly #managed: VmidRange;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #promised = new Map<number, Promised>();
  #last: Reading | null = null;
  #underWay: Promise<Reading | null> | null = null;

  constructor({ reads, managed, clock }: {
    readonly reads: Pick<Reads, "guests" | "guestConfig">;
    readonly managed: VmidRange;
    readonly clock: Pick<Clock, "monotonic">;
  }) {
    this.#reads = reads;
    this.#managed = managed;
    this.#clock = clock;
  }

  /**
   * What an action that sets a delay is decided by, from a reading of the last minute; null for others,
   * and when the guests cannot all be read.
   *
   * @throws the signal's reason when it is aborted
   */
  async factsFor(action: Action, signal: AbortSignal): Promise<StartupFacts | null> {
    if (setBy(action) === null) return null;
    signal.throwIfAborted();
    const last = this.#last;
    if (last !== null && this.#clock.monotonic() - last.at < FRESH_MS) {
      return this.now(action.guest);
    }
    this.#underWay ??= this.#read().finally(() => {
      this.#underWay = null;
    });
    this.#last = await unlessAborted(this.#underWay, signal);
    return this.now(action.guest);
  }

  /** As far as it is known, what was just let through included; null when nothing is. */
  now(vmid: number | null): StartupFacts | null {
    if (vmid === null || this.#last === null) return null;
    const { at, byGuest } = this.#last;
    const all = new Map(byGuest);
    for (const [guest, promised] of this.#promised) {
      if (promised.endedAt === null || promised.endedAt >= at) all.set(guest, promised.delays);
    }
    const own = all.get(vmid) ?? { up: 0, down: 0 };
    let [up, down] = [0, 0];
    for (const [guest, delays] of all) {
      if (guest === vmid) continue;
      up += delays.up;
      down += delays.down;
    }
    return { own, others: { up, down } };
  }

  /** Notes what an action that was let through sets. @returns to be called when its work has ended */
  promise(action: Action): () => void {
    const delays = setBy(action);
    if (delays === null || action.guest === null) return () => {};
    const promised: Promised = { delays, endedAt: null };
    this.#promised.set(action.guest, promised);
    return () => {
      promised.endedAt = this.#clock.monotonic();
    };
  }

  /** @returns null when any of them cannot be read */
  async #read(): Promise<Reading | null> {
    // Before anything is asked: what is promised from now on may be in no answer.
    const at = this.#clock.monotonic();
    const { signal } = new AbortController();
    const listed = await attempt(this.#reads.guests({ signal }), { signal });
    if (!listed.ok) return null;
    const managed = listed.value.filter(({ vmid }) => isManaged(vmid, this.#managed));
    const byGuest = new Map<number, Delays>();
    let all = true;
    await eachAtOnce(managed, AT_ONCE, async ({ vmid }) => {
      const delays = await this.#delaysOf(vmid, signal);
      if (delays === null) all = false;
      else byGuest.set(vmid, delays);
    });
    for (const [vmid, { endedAt }] of this.#promised) {
      if (endedAt !== null && endedAt < at) this.#promised.delete(vmid);
    }
    return all ? { at, byGuest } : null;
  }

  /** Null when it cannot be read; of a guest that is gone meanwhile there is none. */
  async #delaysOf(vmid: Vmid, signal: AbortSignal): Promise<Delays | null> {
    const read = await attempt(this.#reads.guestConfig(vmid, { live: true, signal }), { signal });
    if (read.ok) return startupDelaysOf(read.value.startup ?? "");
    return read.error.code === "proxmox.missing" ? { up: 0, down: 0 } : null;
  }
}

/** The delays that an action sets; null when it sets none. */
function setBy(action: Action): Delays | null {
  if (action.kind !== "guest.settings") return null;
  const { set: { startup }, unset } = action.params;
  if (startup !== undefined) return startupDelaysOf(startup);
  return unset.includes("startup") ? { up: 0, down: 0 } : null;
}
