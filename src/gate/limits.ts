import type { Action } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts, Room, StorageFacts } from "./facts.ts";
import type { Budget, Policy } from "./policy.ts";

type Refused = Extract<Decision, { outcome: "refused" }>;

/**
 * What quantity forbids: too many interruptions, too little room, too many snapshots or backups.
 * A signature makes no room, so this holds for signed work as well.
 */
export function overLimit(action: Action, facts: Facts, policy: Policy): Refused | undefined {
  switch (action.kind) {
    case "guest.stop":
    case "guest.shutdown":
      return overStops(facts, policy);
    case "guest.restart":
      return overRestarts(facts, policy);
    case "guest.backup":
      return (action.params.mode === "stop" && isRunning(facts)
        ? overRestarts(facts, policy)
        : undefined) ??
        overBackups(facts, policy) ?? overSpace([action.params.storage], facts, policy);
    case "guest.snapshot":
      return overSnapshots(facts, policy) ?? overSpace(storagesOf(facts), facts, policy);
    case "guest.create":
    case "guest.restore_over":
      return overSpace([action.params.storage], facts, policy);
    case "golden.create":
      return overSpace([action.params.rootfs.storage], facts, policy);
    case "guest.start":
    case "guest.settings":
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

/**
 * Whether another one fits a budget. Times that lie a little ahead count: clocks are set back. What
 * lies further ahead than a budget reaches was told by a clock that was wrong, and would count for
 * years.
 */
export function fits(times: readonly number[], { most, within }: Budget, now: number): boolean {
  return times.filter((time) => Math.abs(time - now) < within).length < most;
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

function overStops({ history, now }: Facts, policy: Policy): Refused | undefined {
  return fits(history.guestStops, policy.guestStops, now) &&
      fits(history.hostStops, policy.hostStops, now)
    ? undefined
    : refuse("stop_budget");
}

function overRestarts({ history, now }: Facts, policy: Policy): Refused | undefined {
  return fits(history.guestRestarts, policy.guestRestarts, now) &&
      fits(history.hostRestarts, policy.hostRestarts, now)
    ? undefined
    : refuse("restart_budget");
}

function overSnapshots({ place }: Facts, { snapshots }: Policy): Refused | undefined {
  if (place.kind !== "here" || place.guest.config === null) return refuse("guest_unreadable");
  return place.guest.config.snapshots.length < snapshots ? undefined : refuse("snapshot_cap");
}

function overBackups({ backups }: Facts, policy: Policy): Refused | undefined {
  if (backups === null) return refuse("space_unknown", "How many backups there are is not known.");
  return backups < policy.backups ? undefined : refuse("backup_cap");
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
      return refuse("space_reserve", `Storage ${name} would not keep its free space.`);
    }
  }
  return undefined;
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
