import type { Facts, GuestFacts } from "../../gate/mod.ts";
import type { GuestStatus } from "../../proxmox/mod.ts";
import type { Checked, Eyes } from "./executor.ts";
import { isAnother, isRunning, seeConfig, type SeenConfig, seeStatus } from "./look_at_guest.ts";

/** Why nothing is sent. */
export type NotHeld = Extract<Checked, { readonly holds: false }>;

/** A guest that still is what the permit was given for. */
export interface Held {
  readonly holds: true;
  readonly config: SeenConfig;
}

/** The same, its run state looked at; its configuration, as far as the gate had one to go by. */
export interface HeldPower {
  readonly holds: true;
  readonly config: SeenConfig | null;
  readonly status: GuestStatus;
}

/** The same, both known. */
export interface HeldWhole extends Held {
  readonly status: GuestStatus;
}

/**
 * Reads a guest's configuration again, under the permit, and holds it against what the permit was
 * given for: digest, identity, lock. A lock and another digest pass: what is wanted is looked at
 * anew then. Another guest under the VMID does not.
 */
export async function recheckGuest(
  vmid: number,
  facts: Facts,
  { reads }: Pick<Eyes, "reads">,
): Promise<Held | NotHeld> {
  const known = guestOf(vmid, facts);
  if ("holds" in known) return known;
  const config = await seeConfig(reads, vmid);
  if (config === undefined) return isGone(vmid);
  return unlike(vmid, known, config) ?? lockedBy(vmid, config.live.lock) ?? { holds: true, config };
}

/**
 * Reads a guest's run state again as well. Its configuration counts only when the gate could read
 * it: a guest can be started and stopped without.
 *
 * @param options.locks that are no hindrance (FACTS §3.6) @default none
 */
export async function recheckPower(
  vmid: number,
  facts: Facts,
  { eyes: { reads }, locks = [] }: {
    readonly eyes: Pick<Eyes, "reads">;
    readonly locks?: readonly string[];
  },
): Promise<HeldPower | NotHeld> {
  const known = guestOf(vmid, facts);
  if ("holds" in known) return known;
  const [status, config] = await Promise.all([
    seeStatus(reads, vmid),
    known.config === null ? null : seeConfig(reads, vmid),
  ]);
  if (status === undefined || config === undefined) return isGone(vmid);
  const other = config === null ? undefined : unlike(vmid, known, config);
  if (other !== undefined) return other;
  const { lock } = status;
  const locked = lock === undefined || locks.includes(lock) ? undefined : lockedBy(vmid, lock);
  if (locked !== undefined) return locked;
  if (isRunning(status) !== known.running) {
    const now = isRunning(status) ? "runs" : "is stopped";
    return { holds: false, passes: true, why: `Guest ${vmid} ${now} now, which it did not before` };
  }
  return { holds: true, config, status };
}

/** Reads configuration and run state again, both of which have to be known. */
export async function recheckWhole(
  vmid: number,
  facts: Facts,
  eyes: Pick<Eyes, "reads">,
): Promise<HeldWhole | NotHeld> {
  const held = await recheckPower(vmid, facts, { eyes });
  if (!held.holds) return held;
  const { config, status } = held;
  return config === null ? changed(vmid) : { holds: true, config, status };
}

function guestOf(vmid: number, { subject, place }: Facts): GuestFacts | NotHeld {
  if (subject === vmid && place.kind === "here") return place.guest;
  return { holds: false, passes: false, why: `What is known is not about guest ${vmid}` };
}

function unlike(
  vmid: number,
  { config: known }: GuestFacts,
  { live, next, identity }: SeenConfig,
): NotHeld | undefined {
  if (known === null) return changed(vmid);
  // Another guest has another digest too; of the two, that it is another one is what counts.
  if (isAnother(identity, known.identity)) {
    return { holds: false, passes: false, why: `Guest ${vmid} is another one now` };
  }
  return live.digest === known.digest && next.digest === known.digest ? undefined : changed(vmid);
}

function changed(vmid: number): NotHeld {
  return passing(`The configuration of guest ${vmid} has changed meanwhile`);
}

function lockedBy(vmid: number, lock: string | undefined): NotHeld | undefined {
  if (lock === undefined) return undefined;
  return { ...passing(`Guest ${vmid} is locked (${lock})`), lock };
}

function isGone(vmid: number): NotHeld {
  return { holds: false, passes: false, why: `There is no guest ${vmid} on this node any more` };
}

function passing(why: string): NotHeld {
  return { holds: false, passes: true, why };
}
