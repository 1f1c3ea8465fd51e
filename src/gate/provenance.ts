import type { Facts, GuestFacts } from "./facts.ts";
import { type Identity, identityDigest, type IdentityParts, sameParts } from "./identity.ts";
import { type GuestMark, SCRATCH_LIFE, type SnapshotMark } from "./marks.ts";

/** The snapshot an action names: another of the same name, taken at another time, is another one. */
export interface NamedSnapshot {
  readonly snapshot: string;
  readonly taken_at: number;
}

/**
 * A live guest's identity. The task that made it counts only while it is the guest that was made;
 * so a guest keeps its identity for life, and what was made anew under the VMID has another.
 */
export function liveIdentity(live: IdentityParts, made: GuestMark | null): Identity {
  const creation = made !== null && sameParts(live, made) ? made.creation : null;
  return { ...live, creation };
}

/** The digest of {@linkcode liveIdentity}; null when the guest shows nothing to tell it by. */
export function liveIdentityDigest(facts: Facts): string | null {
  if (facts.place.kind !== "here") return null;
  const { config } = facts.place.guest;
  if (config === null || config.identity.volumes.length === 0) return null;
  return identityDigest(liveIdentity(config.identity, facts.made));
}

/**
 * Whether the guest under the subject is what the agent made in this very transaction, which is
 * still open. A transaction commits before the first start, so a running guest is none.
 */
export function isOwnUncommitted(facts: Facts, transaction: string | null): boolean {
  const guest = provenGuest(facts);
  return guest !== null && !guest.running && isOpen(facts, transaction) &&
    facts.made?.transaction === transaction;
}

/**
 * Whether the guest under the subject is scratch of the agent's own: marked so when it was made,
 * within its hour, with an interface to know it by, cut off from the network, and never in any desired
 * state.
 */
export function isOwnScratch(facts: Facts): boolean {
  const guest = provenGuest(facts);
  const { made, now, desired } = facts;
  if (guest === null || made === null || made.scratchUntil === null) return false;
  // Volumes are named by VMID, so what is made anew there has the same; a MAC is drawn by lot.
  if (!made.macs.some((mac) => mac !== "")) return false;
  const ends = Math.min(made.scratchUntil, made.madeAt + SCRATCH_LIFE);
  return made.scratchLostAt === null && !desired && guest.config?.linkDown === true &&
    now >= made.madeAt && now < ends;
}

/** Whether a snapshot is what the agent took in this very transaction, which is still open. */
export function isOwnSnapshot(
  facts: Facts,
  named: NamedSnapshot,
  transaction: string | null,
): boolean {
  return ownSnapshot(facts, named, transaction) !== undefined;
}

/**
 * The one case in which a rollback loses nothing: the agent's own snapshot of the same open
 * transaction, the guest stopped throughout, its configuration unchanged since.
 */
export function isRollbackOfNothing(
  facts: Facts,
  named: NamedSnapshot,
  transaction: string | null,
): boolean {
  const mark = ownSnapshot(facts, named, transaction);
  if (mark === undefined || facts.place.kind !== "here") return false;
  const { running, config } = facts.place.guest;
  return !running && mark.stoppedThroughout && mark.digest !== null &&
    mark.digest === config?.digest;
}

/** The guest under the subject, if it is the one the mark is about. */
function provenGuest({ journal, made, place, subject }: Facts): GuestFacts | null {
  if (journal !== "current" || made === null || made.vmid !== subject) return null;
  if (place.kind !== "here" || place.guest.config === null) return null;
  return sameParts(place.guest.config.identity, made) ? place.guest : null;
}

function ownSnapshot(
  facts: Facts,
  { snapshot, taken_at }: NamedSnapshot,
  transaction: string | null,
): SnapshotMark | undefined {
  if (facts.journal !== "current" || !isOpen(facts, transaction)) return undefined;
  return facts.snapshotsMade.find((mark) =>
    mark.vmid === facts.subject && mark.name === snapshot && mark.takenAt === taken_at &&
    mark.transaction === transaction
  );
}

function isOpen({ openTransactions }: Facts, transaction: string | null): boolean {
  return transaction !== null && openTransactions.includes(transaction);
}
