import * as z from "zod";
import type { GuestConfig } from "../../proxmox/mod.ts";
import { TASK_TYPES } from "../../proxmox/mod.ts";
import { readBefore, UNREADABLE } from "./before.ts";
import { endedWell, howItEnded } from "./ending_words.ts";
import type { Effect, Executor } from "./executor.ts";
import { goneMeanwhile, isRunning, seeConfig, seeRow } from "./look_at_guest.ts";
import { findSnapshot, recheckSnapshot } from "./recheck_snapshot.ts";

const beforeSchema = z.object({
  digest: z.string(),
  running: z.boolean(),
  /** Volumes that belonged to no mount point. */
  unused: z.array(z.string()),
});

/**
 * Takes a guest back to a snapshot, and leaves it stopped (FACTS §3.7). Its volumes and interfaces
 * may be others afterwards; that it is the same guest is told by the snapshot, which stays.
 *
 * What was written on the volumes cannot be seen from outside: that it was taken back is known from
 * its task alone.
 */
export const rollback: Executor<"guest.rollback"> = {
  taskTypes: TASK_TYPES["guest.rollback"],
  limitMs: () => 60 * 60_000,

  async check(action, facts, eyes) {
    const held = await recheckSnapshot(action, facts, eyes);
    if (!held.holds) return held;
    const { config: { live }, status } = held;
    const before = { digest: live.digest, running: isRunning(status), unused: unusedOf(live) };
    return { holds: true, before };
  },

  send: (permit, _action, { hands, signal }) => hands.proxmox.rollback(permit, { signal }),

  async verify({ guest, params }, { before, ending }, { reads }) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const [config, status] = await Promise.all([seeConfig(reads, guest), seeRow(reads, guest)]);
    if (config === undefined || status === undefined) return goneMeanwhile(guest);
    const other = (why: string): Effect => ({ seen: "other", why });
    const found = await findSnapshot(reads, guest, params.snapshot);
    if (found?.snaptime !== params.taken_at) {
      return other(`Guest ${guest} has no snapshot ${params.snapshot} of that time any more`);
    }
    const { live } = config;
    if (live.lock !== undefined) {
      return other(`Guest ${guest} is left locked (${live.lock}); ${howItEnded(ending)}`);
    }
    if (endedWell(ending)) {
      if (isRunning(status)) return other(`Guest ${guest} was taken back, and runs`);
      if (live["parent"] !== params.snapshot) {
        return other(`Guest ${guest} does not come from snapshot ${params.snapshot}`);
      }
      const unused = unusedOf(live).filter((volid) => !was.unused.includes(volid));
      const { digest } = live;
      const traces = [{ kind: "taken_back", vmid: guest, name: params.snapshot, digest }] as const;
      return { seen: "done", traces, ...(unused.length === 0 ? {} : { detail: { unused } }) };
    }
    const isAsBefore = live.digest === was.digest && isRunning(status) === was.running;
    // A task that nobody knows the end of may have done it: then all looks as it did before, too.
    if (isAsBefore && !(ending.how === "task" && ending.result.outcome === "unknown")) {
      return { seen: "nothing", why: `Guest ${guest} is as it was; ${howItEnded(ending)}` };
    }
    return other(`Nobody can tell whether guest ${guest} was taken back; ${howItEnded(ending)}`);
  },
};

/** Volumes of a guest that no mount point has, by volume id. */
function unusedOf(config: GuestConfig): string[] {
  return Object.entries(config).flatMap(([key, value]) =>
    /^unused\d+$/.test(key) && typeof value === "string" ? [value] : []
  );
}
