import type { Config } from "../config/mod.ts";
import { type Budget, POLICY, type Policy } from "../gate/mod.ts";

/** The gate's numbers, as root's configuration has them; all others are the product's own. */
export function gatePolicy(
  { overcommit, startupDelays, quotas: { snapshots, backups, hourly } }: Pick<
    Config["guests"],
    "overcommit" | "startupDelays" | "quotas"
  >,
): Policy {
  const budget = (most: number, { within }: Budget): Budget => ({ most, within });
  return {
    ...POLICY,
    guestStops: budget(hourly.stops_per_guest, POLICY.guestStops),
    hostStops: budget(hourly.stops_per_host, POLICY.hostStops),
    guestRestarts: budget(hourly.restarts_per_guest, POLICY.guestRestarts),
    hostRestarts: budget(hourly.restarts_per_host, POLICY.hostRestarts),
    guestStarts: budget(hourly.starts_per_guest, POLICY.guestStarts),
    hostStarts: budget(hourly.starts_per_host, POLICY.hostStarts),
    guestSettings: budget(hourly.settings_per_guest, POLICY.guestSettings),
    hostSettings: budget(hourly.settings_per_host, POLICY.hostSettings),
    asked: { guests: hourly.asked_guests, share: hourly.asked_percent / 100 },
    hourly: {
      snapshots: hourly.snapshots_per_storage,
      backups: hourly.backups_per_storage,
      creates: hourly.creates_per_storage,
      restores: hourly.restores_per_storage,
    },
    overcommit: {
      ...POLICY.overcommit,
      storages: Object.fromEntries(overcommit.map(({ storage, ratio }) => [storage, ratio])),
    },
    startupDelays,
    snapshots,
    backups,
  };
}
