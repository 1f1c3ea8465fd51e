import type { Action, ActionOf } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts, GuestFacts, Place, VmidRange } from "./facts.ts";
import { liveIdentityDigest } from "./provenance.ts";

type Refused = Extract<Decision, { outcome: "refused" }>;

/**
 * What the agent does to nobody, whoever asks and whoever signs: to a VMID outside the managed
 * range, to a guest that is not there, cannot be read or is another one than was meant.
 */
export function outOfReach(action: Action, facts: Facts): Refused | undefined {
  if (action.guest !== facts.subject) return refuse("facts_mismatch");
  if (action.guest === null) return undefined;
  if (!isManaged(action.guest, facts.managed)) return notManaged(action.guest);
  switch (action.kind) {
    case "guest.create":
      return notFree(facts.place) ??
        (facts.goldenImages === null ? refuse("image_unreadable") : undefined);
    case "golden.create":
      return notFree(facts.place);
    case "guest.start":
    case "guest.shutdown":
    case "guest.stop":
    case "guest.restart":
      return notHere(facts.place);
    case "guest.settings":
    case "guest.snapshot":
    case "guest.backup":
      return withConfig(facts);
    case "guest.rollback":
      return withConfig(
        facts,
        (guest) => otherSnapshot(action.params, guest) ?? notLatest(action, guest, facts),
      ) ?? unidentified(facts);
    case "guest.delete_snapshot":
      return withConfig(facts, (guest) => otherSnapshot(action.params, guest)) ??
        unidentified(facts);
    case "guest.restore_over":
      if (!isManaged(action.params.new_vmid, facts.managed)) {
        return notManaged(action.params.new_vmid);
      }
      return withConfig(facts) ?? unidentified(facts) ?? notFree(facts.newPlace);
    case "guest.prune":
    case "guest.destroy":
      return withConfig(facts) ?? unidentified(facts);
    default:
      return action satisfies never;
  }
}

/** Whether a VMID is one of those the agent may touch. */
export function isManaged(vmid: number, { first, last }: VmidRange): boolean {
  return Number.isInteger(vmid) && vmid >= first && vmid <= last;
}

function notManaged(vmid: number): Refused {
  return refuse("not_managed", `VMID ${vmid} is outside the managed range.`);
}

function notFree(place: Place): Refused | undefined {
  switch (place.kind) {
    case "free":
      return undefined;
    case "here":
    case "elsewhere":
      return refuse("vmid_taken");
    case "unknown":
      return refuse("guest_unreadable", "Whether the VMID is free is not known.");
  }
}

function notHere(place: Place): Refused | undefined {
  switch (place.kind) {
    case "here":
      return undefined;
    case "free":
      return refuse("no_such_guest");
    case "elsewhere":
      return refuse("guest_elsewhere");
    case "unknown":
      return refuse("guest_unreadable");
  }
}

/** Refuses a guest whose configuration cannot be read; then what `and` says of it. */
function withConfig(
  { place }: Facts,
  and: (guest: GuestFacts) => Refused | undefined = () => undefined,
): Refused | undefined {
  if (place.kind !== "here") return notHere(place);
  return place.guest.config === null ? refuse("guest_unreadable") : and(place.guest);
}

/** A document about the loss of data names whose; so must the guest be nameable. */
function unidentified(facts: Facts): Refused | undefined {
  return liveIdentityDigest(facts) === null ? refuse("identity_unknown") : undefined;
}

function otherSnapshot(
  named: { readonly snapshot: string; readonly taken_at: number },
  { config }: GuestFacts,
): Refused | undefined {
  const live = config?.snapshots.find(({ name }) => name === named.snapshot);
  if (live === undefined) return refuse("snapshot_missing");
  return live.takenAt === named.taken_at ? undefined : refuse("snapshot_replaced");
}

/**
 * Refused before anything is used up: Proxmox would refuse it after. Where nobody can tell what the
 * storages take, Proxmox alone says no.
 */
function notLatest(
  { guest: vmid, params: { snapshot, taken_at: takenAt } }: ActionOf<"guest.rollback">,
  { config }: GuestFacts,
  { rollback }: Facts,
): Refused | undefined {
  if (rollback === null || rollback.latestOnly.length === 0) return undefined;
  const storages = rollback.latestOnly.join(", ");
  const newer = config?.snapshots.filter((each) => each.takenAt > takenAt) ?? [];
  if (newer.length > 0) {
    return refuse(
      "snapshot_not_latest",
      `Guest ${vmid} goes back to its latest snapshot alone (its volumes lie on ${storages}), and ` +
        `${newer.map(({ name }) => name).join(", ")} ${newer.length === 1 ? "is" : "are"} newer ` +
        `than ${snapshot}. Delete what is newer first, each with a signature, or restore a backup.`,
    );
  }
  return rollback.snapshotUnderWay
    ? refuse(
      "snapshot_not_latest",
      `Guest ${vmid} goes back to its latest snapshot alone (its volumes lie on ${storages}), and ` +
        "another one is being taken. Hand the document in again when that has ended.",
    )
    : undefined;
}
