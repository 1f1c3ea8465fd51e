import type { Facts, GuestFacts, Since } from "./facts.ts";
import { type Identity, identityDigest, type IdentityParts, sameParts } from "./identity.ts";
import { type GuestMark, UNSIGNED_LIFE } from "./marks.ts";
import type { Policy } from "./policy.ts";

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

/** What the agent has to say for something being its own. */
export type Claim =
  | { readonly holds: true }
  /** Null when the journal has no mark on it. Else why the mark is good for nothing, as `…, but it has run`. */
  | { readonly holds: false; readonly why: string | null };

const HOLDS: Claim = { holds: true };

/**
 * Whether the guest under the subject is what the agent made in this very transaction, which is still
 * open, and nothing can have happened to it since: it never ran, no desired state named it, its
 * configuration is as it was, and either this process made it minutes ago or it was made within a day
 * and the node's list of tasks shows that nobody did anything with it.
 */
export function claimUncommitted(
  facts: Facts,
  transaction: string | null,
  { undoing }: Pick<Policy, "undoing">,
): Claim {
  const { made } = facts;
  if (made === null) return no(null);
  if (made.transaction !== transaction) return no("another transaction made it");
  const guest = sameGuest(facts, made);
  if (typeof guest === "string") return no(guest);
  if (!isOpen(facts, transaction)) return no("the transaction that made it has ended");
  if (guest.running) return no("it runs");
  if (made.ranAt !== null) return no("it has run since, or somebody has worked on it");
  if (facts.desired) return no("a desired state names it");
  if (made.desiredAt !== null) return no("a desired state has named it since");
  // What root puts into its volumes on the host leaves neither a task nor another configuration.
  if (!isOfLastDay(made, facts)) return no(TOO_OLD);
  if (made.digest === null || made.digest !== guest.config?.digest) {
    return no("its configuration is not as it was right after that");
  }
  return unusedSince(facts.since, { undoing });
}

/**
 * Whether the guest under the subject is scratch of the agent's own: made so by a drill or self-test
 * within a day, cut off from the network and never in a desired state, with an interface to know it by
 * and no script that runs with it, and configured as the agent's own last step left it; and the node's
 * list shows no task on it but the agent's.
 */
export function claimScratch(facts: Facts): Claim {
  const { made, now, drills } = facts;
  if (made === null || made.scratchUntil === null) return no(null);
  const guest = sameGuest(facts, made);
  if (typeof guest === "string") return no(guest);
  if (made.scratchLostAt !== null) {
    return no(
      made.scratchLostWhy ??
        "it ran without the agent, or a link of it was up, or a desired state has named it, or it was " +
          "first seen long after it was made",
    );
  }
  if (facts.desired || made.desiredAt !== null) return no("a desired state names it");
  // Whatever was changed: somebody did it who wants the guest, or uses it.
  if (made.lastDigest === null || made.lastDigest !== guest.config?.digest) {
    return no("its configuration is not as the agent left it");
  }
  if (guest.config.linkDown !== true) return no("a link of it is up");
  if (guest.config.hookScript) return no("a hook script runs with it");
  if (drills !== null && (made.vmid < drills.first || made.vmid > drills.last)) {
    return no("its VMID is none of those for drills");
  }
  if (!isOfLastDay(made, facts) || now >= made.scratchUntil) return no(TOO_OLD);
  // However soon it is: that a drill starts it is no sign, so every start has to be accounted for.
  return unusedSince(facts.since, { undoing: 0 });
}

/**
 * Whether a snapshot is what the agent took in this very transaction, which is still open, and it loses
 * nothing to go back to it or to delete it: the guest stopped throughout, its configuration and the
 * snapshot's time unchanged, and no rollback broken off for which it may be the only copy.
 */
export function claimSnapshot(
  facts: Facts,
  { snapshot, taken_at }: NamedSnapshot,
  { transaction }: { readonly transaction: string | null },
): Claim {
  const mark = facts.snapshotsMade.find((it) =>
    it.vmid === facts.subject && it.name === snapshot && it.takenAt === taken_at
  );
  if (mark === undefined) return no(null);
  if (mark.transaction !== transaction) return no("another transaction took it");
  if (facts.journal !== "current") return no(OLD_STATE);
  if (!isOpen(facts, transaction)) return no("the transaction that took it has ended");
  if (mark.rollbackUnclean) {
    return no("a rollback since did not end well: it may be the only copy of the guest's data");
  }
  const { place } = facts;
  if (place.kind !== "here" || place.guest.config === null) return no(UNREADABLE);
  if (place.guest.running) return no("the guest runs");
  if (!mark.stoppedThroughout) return no("the guest has run since, or somebody has worked on it");
  if (mark.digest === null || mark.digest !== place.guest.config.digest) {
    return no("the guest's configuration is not as it was right after that");
  }
  // However soon it is: somebody's rollback that broke off leaves it the only copy of their data.
  return unusedSince(facts.since, { undoing: 0 });
}

const OLD_STATE = "the agent's state is older than the host, so its marks prove nothing";
const UNREADABLE = "the guest cannot be read";
const TOO_OLD = "it was not made within the last day";

/** What was made longer ago is nobody's to take away unsigned; nor is what the clock says is not made yet. */
function isOfLastDay({ madeAt }: GuestMark, { now }: Facts): boolean {
  return now >= madeAt && now < madeAt + UNSIGNED_LIFE;
}

/** The guest under the subject, if it is the one the mark is about; else why it is not. */
function sameGuest({ journal, place, subject }: Facts, made: GuestMark): GuestFacts | string {
  if (journal !== "current") return OLD_STATE;
  if (made.vmid !== subject) return "that was under another VMID";
  if (place.kind !== "here" || place.guest.config === null) return UNREADABLE;
  // Volumes are named by VMID, so what is made anew there has the same; a MAC is drawn by lot.
  if (!made.macs.some((mac) => mac !== "")) return "it has no MAC to tell it by from another one";
  if (sameParts(place.guest.config.identity, made)) return place.guest;
  return "its volumes or MACs are not those that it was made with";
}

/** Whether nobody can have used something since it was made. */
function unusedSince(since: Since | null, { undoing }: Pick<Policy, "undoing">): Claim {
  if (since === null) return no("nothing proves that nobody has used it since");
  const { agoMs, tasks } = since;
  switch (tasks.kind) {
    case "complete": {
      const [foreign] = tasks.foreign;
      return foreign === undefined ? HOLDS : no(`somebody else's task worked on it: ${foreign}`);
    }
    case "unproven":
      return agoMs !== null && agoMs >= 0 && agoMs < undoing
        ? HOLDS
        : no(`nothing proves that nobody has used it since: ${tasks.why}`);
    default:
      return tasks satisfies never;
  }
}

function isOpen({ openTransactions }: Facts, transaction: string | null): boolean {
  return transaction !== null && openTransactions.includes(transaction);
}

function no(why: string | null): Claim {
  return { holds: false, why };
}
