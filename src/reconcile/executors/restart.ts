import * as z from "zod";
import { parseVmid, type Pending, type Reads, TASK_TYPES } from "../../proxmox/mod.ts";
import { readBefore, UNREADABLE } from "./before.ts";
import { endedWell, howItEnded } from "./ending_words.ts";
import type { Executor } from "./executor.ts";
import { goneMeanwhile, isRunning, seeRow } from "./look_at_guest.ts";
import { recheckPower } from "./recheck_guest.ts";

const beforeSchema = z.object({
  /** Process id of the guest's init: another one after the restart. */
  pid: z.number(),
  /** Options that wait for it. */
  pending: z.array(z.string()),
});

/**
 * Restarts a guest, which applies what is pending (FACTS §3.6). It is known by the guest's init being
 * another process, since Proxmox shows nothing else of it.
 */
export const restart: Executor<"guest.restart"> = {
  taskTypes: TASK_TYPES["guest.restart"],
  limitMs: ({ params: { timeout } }) => timeout * 1000 + 10 * 60_000,
  tracesAtStart: ({ guest }) => [{ kind: "guest_started", vmid: guest }],

  async check({ guest }, facts, eyes) {
    const held = await recheckPower(guest, facts, { eyes });
    if (!held.holds) return held;
    const { pid } = held.status;
    if (!isRunning(held.status)) {
      return { holds: false, passes: false, why: `Guest ${guest} is stopped: start it instead` };
    }
    if (pid === undefined) {
      return { holds: false, passes: true, why: `Guest ${guest} runs, and shows no process yet` };
    }
    // A guest whose configuration nobody can read can be restarted all the same.
    const pending = held.config === null ? [] : await pendingOf(eyes.reads, guest);
    return { holds: true, before: { pid, pending } };
  },

  send: (permit, _action, { hands, signal }) => hands.proxmox.restart(permit, { signal }),

  async verify({ guest }, { before, ending }, { reads }) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const status = await seeRow(reads, guest);
    if (status === undefined) return goneMeanwhile(guest);
    if (!isRunning(status)) {
      return { seen: "other", why: `Guest ${guest} is stopped; ${howItEnded(ending)}` };
    }
    if (status.pid === was.pid) {
      const why = `Guest ${guest} was not restarted; ${howItEnded(ending)}`;
      return { seen: endedWell(ending) ? "other" : "nothing", why };
    }
    const left = was.pending.length === 0 ? [] : await pendingOf(reads, guest);
    const stuck = was.pending.filter((key) => left.includes(key));
    if (stuck.length === 0) return { seen: "done", row: status };
    return { seen: "other", why: `Guest ${guest} runs anew, but waits still: ${stuck.join(", ")}` };
  },
};

/** Options that wait for a start. */
async function pendingOf(
  reads: Pick<Reads, "guestPending">,
  guest: number,
): Promise<readonly string[]> {
  const rows = await reads.guestPending(parseVmid(guest));
  return rows.filter(waits).map(({ key }) => key);
}

function waits(row: Pending): boolean {
  return row.pending !== undefined || (row.delete ?? 0) > 0;
}
