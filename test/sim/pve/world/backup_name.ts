import { localTime, utcOffset } from "./node.ts";
import { parseBackupName } from "./volume.ts";
import type { World } from "./world.ts";

/** The name of an archive: its time is the node's local one (FACTS §4). */
export function backupVolid(
  world: World,
  options: {
    readonly storage: string;
    readonly vmid: number;
    /** Epoch milliseconds. */
    readonly at: number;
    /** `tar`, `tar.zst`, … */
    readonly suffix: string;
  },
): string {
  const { storage, vmid, at, suffix } = options;
  const { date, time } = localTime(world.node.timezone, at);
  const stamp = `${date.replaceAll("-", "_")}-${time.replaceAll(":", "_")}`;
  return `${storage}:backup/vzdump-lxc-${vmid}-${stamp}.${suffix}`;
}

/** Epoch seconds that a content list gives an archive: read back from its name (FACTS §4). */
export function backupTime(world: World, volid: string): number | undefined {
  const parsed = parseBackupName(volid);
  if (parsed === undefined) return undefined;
  const { timezone } = world.node;
  // The offset of the wanted moment is not known yet; that of a moment near it is, and correcting
  // once more settles the hours around a change of the clock.
  const near = parsed.ctime - utcOffset(timezone, parsed.ctime * 1000);
  return parsed.ctime - utcOffset(timezone, near * 1000);
}
