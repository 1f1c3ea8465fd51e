import type { Action, Intent } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts, Room, StorageFacts } from "./facts.ts";
import type { Policy } from "./policy.ts";
import { overAsked, overBudget, overHourly, overWork } from "./quota.ts";
import { gib, overReservation } from "./reservations.ts";

type Refused = Extract<Decision, { outcome: "refused" }>;

/**
 * What quantity forbids: too many interruptions, too little room, too many snapshots or backups.
 * A signature makes no room, so this holds for signed work as well, but for what is kept for it.
 */
export function overLimit(
  intent: Intent & { readonly action: Action },
  facts: Facts,
  policy: Policy,
  { signed }: { readonly signed: boolean },
): Refused | undefined {
  const { action } = intent;
  const holding = { policy, signed };
  switch (action.kind) {
    case "guest.start":
    case "guest.settings":
      return overWork(action, intent, facts, policy);
    case "guest.stop":
    case "guest.shutdown":
      return overInterruptions("stops", facts, policy) ?? overAsked(intent, facts, policy);
    case "guest.restart":
      return overInterruptions("restarts", facts, policy) ?? overAsked(intent, facts, policy);
    case "guest.backup":
      return (action.params.mode === "stop" && isRunning(facts)
        ? overInterruptions("restarts", facts, policy) ?? overAsked(intent, facts, policy)
        : undefined) ??
        overBackups(facts, policy) ?? overStorage(action, [action.params.storage], facts, holding);
    case "guest.snapshot":
      return overSnapshots(facts, policy) ??
        overStorage(action, storagesOf(facts), facts, holding);
    case "guest.create":
    case "guest.restore_over":
      return overStorage(action, [action.params.storage], facts, holding);
    case "golden.create":
      return overStorage(action, [action.params.rootfs.storage], facts, holding);
    case "guest.delete_snapshot":
    case "guest.rollback":
    case "guest.prune":
    case "guest.destroy":
    case "disk.mount":
    case "disk.unmount":
    case "signers.rotate":
      return undefined;
    default:
      return action satisfies never;
  }
}

/** Whether `bytes` more leave the reserve of a storage and of its pool. */
export function keepsReserve(
  storage: StorageFacts,
  bytes: number,
  { reserve, metadata }: Policy,
): boolean {
  const keeps = ({ available, total }: Room) =>
    available - bytes >= Math.max(reserve.bytes, reserve.share * total);
  return keeps(storage) && (storage.pool === null || keeps(storage.pool)) &&
    (storage.metadata === null ||
      storage.metadata.total - storage.metadata.available <= metadata * storage.metadata.total);
}

/** Whether the guest, or all of them together, were stopped or restarted as often as they may be. */
function overInterruptions(
  what: "stops" | "restarts",
  { history, now, subject }: Facts,
  policy: Policy,
): Refused | undefined {
  const { code, guestTimes, guestBudget, hostTimes, hostBudget } = what === "stops"
    ? {
      code: "stop_budget" as const,
      ...{ guestTimes: history.guestStops, guestBudget: policy.guestStops },
      ...{ hostTimes: history.hostStops, hostBudget: policy.hostStops },
    }
    : {
      code: "restart_budget" as const,
      ...{ guestTimes: history.guestRestarts, guestBudget: policy.guestRestarts },
      ...{ hostTimes: history.hostRestarts, hostBudget: policy.hostRestarts },
    };
  const words = { code, what };
  return overBudget(guestTimes, guestBudget, now, {
    ...{ ...words, who: `Guest ${subject}`, key: `guests.hourly.${what}_per_guest` },
  }) ?? overBudget(hostTimes, hostBudget, now, {
    ...{ ...words, who: "The host", key: `guests.hourly.${what}_per_host` },
  });
}

/** Those of the agent's that are still there. */
function overSnapshots({ place, snapshotsMade }: Facts, policy: Policy): Refused | undefined {
  if (place.kind !== "here" || place.guest.config === null) return refuse("guest_unreadable");
  const { snapshots } = place.guest.config;
  const own = snapshotsMade.filter((made) =>
    snapshots.some(({ name, takenAt }) => name === made.name && takenAt === made.takenAt)
  );
  if (own.length < policy.snapshots) return undefined;
  return refuse(
    "snapshot_cap",
    `The guest has ${own.length} snapshots that the agent took, and ${policy.snapshots} may be ` +
      "(guests.most_snapshots). An operator decides which of them nobody needs any more.",
  );
}

function overBackups({ backups }: Facts, policy: Policy): Refused | undefined {
  if (backups === null) return refuse("space_unknown", "How many backups there are is not known.");
  if (backups < policy.backups) return undefined;
  return refuse(
    "backup_cap",
    `The guest has ${backups} backups there that the agent made, and ${policy.backups} may be ` +
      "(guests.most_backups). An operator decides which of them nobody needs any more.",
  );
}

/** What holds for whatever takes space on storages. */
function overStorage(
  action: Parameters<typeof overHourly>[0],
  storages: readonly string[],
  facts: Facts,
  { policy, signed }: { readonly policy: Policy; readonly signed: boolean },
): Refused | undefined {
  return overSpace(storages, facts, policy) ??
    overReservation(storages, facts, policy, { signed }) ??
    overHourly(action, storages, facts, policy);
}

function overSpace(
  storages: readonly string[],
  facts: Facts,
  policy: Policy,
): Refused | undefined {
  const bytes = facts.expectedBytes;
  if (bytes === null || !Number.isFinite(bytes) || bytes < 0) return refuse("space_unknown");
  for (const name of storages) {
    const storage = Object.hasOwn(facts.storages, name) ? facts.storages[name] : undefined;
    if (storage === undefined || !isKnown(storage)) {
      return refuse("space_unknown", `How much room storage ${name} has is not known.`);
    }
    if (!keepsReserve(storage, bytes, policy)) {
      return refuse("space_reserve", whyNoReserve(name, storage, bytes, policy));
    }
  }
  return undefined;
}

/** Only called for one that does not keep it. */
function whyNoReserve(
  name: string,
  { available, total, pool, metadata }: StorageFacts,
  bytes: number,
  policy: Policy,
): string {
  const { reserve } = policy;
  const tight = [{ available, total }, ...(pool === null ? [] : [pool])].find((room) =>
    room.available - bytes < Math.max(reserve.bytes, reserve.share * room.total)
  );
  if (tight === undefined) {
    const used = metadata === null ? 1 : 1 - metadata.available / metadata.total;
    return `The thin pool of storage ${name} has ${percent(used)} of its metadata used, and ` +
      `${percent(policy.metadata)} may be. Extend it.`;
  }
  const kept = Math.max(reserve.bytes, reserve.share * tight.total);
  return `Storage ${name} would not keep its free space: ${gib(tight.available)} are free, ` +
    `${gib(bytes)} may be written, and ${gib(kept)} have to stay free.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** An inactive storage shows zeros and no error (FACTS §5). */
function isKnown({ total, pool, metadata }: StorageFacts): boolean {
  return total > 0 && pool?.total !== 0 && metadata?.total !== 0;
}

/** Where a snapshot of the guest grows. */
function storagesOf({ place }: Facts): string[] {
  const volumes = place.kind === "here" ? place.guest.config?.identity.volumes ?? [] : [];
  return [...new Set(volumes.map((volid) => volid.split(":")[0] ?? volid))];
}

function isRunning({ place }: Facts): boolean {
  return place.kind !== "here" || place.guest.running;
}
