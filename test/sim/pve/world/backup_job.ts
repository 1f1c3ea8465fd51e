import type { CallerAccess } from "../call_context.ts";
import type { World } from "./world.ts";

/** A backup job after all that is checked at once. */
export interface BackupJob {
  readonly user: string;
  readonly access: CallerAccess;
  readonly vmids: readonly number[];
  /** The call's own parameters, for the first log line. */
  readonly given: readonly (readonly [string, string])[];
  readonly storage: string;
  readonly mode: "snapshot" | "suspend" | "stop";
  /** `tar`, `tar.zst`, `tar.gz` or `tar.lzo`. */
  readonly suffix: string;
  readonly remove: boolean;
  /** Retention passed with the call. */
  readonly prune: string | undefined;
  /** Notes of a guest's backup, when there are to be any. */
  readonly notes: ((vmid: number) => string) | undefined;
  readonly protected: boolean;
  /** Minutes to wait for the node's one vzdump lock. */
  readonly lockwait: number;
  /** Minutes that a guest gets to stop in mode `stop`. */
  readonly stopwait: number;
}

/** `2026-11-21 00:19:47`, in the node's local time. */
export function stamp(world: World): string {
  const { date, time } = world.localTime();
  return `${date} ${time}`;
}
