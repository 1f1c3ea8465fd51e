import { TASK_TYPES } from "../../proxmox/mod.ts";
import * as z from "zod";
import { partsSchema, readBefore, UNREADABLE } from "./before.ts";
import { endedWell, howItEnded } from "./ending_words.ts";
import type { Executor } from "./executor.ts";
import { seeSame } from "./look_at_guest.ts";
import { findSnapshot, recheckSnapshot } from "./recheck_snapshot.ts";

const beforeSchema = z.object({ parts: partsSchema });

/** Deletes a snapshot. One of the same name that was taken later is none of its business. */
export const deleteSnapshot: Executor<"guest.delete_snapshot"> = {
  taskTypes: TASK_TYPES["guest.delete_snapshot"],
  limitMs: () => 60 * 60_000,

  async check(action, facts, eyes) {
    const held = await recheckSnapshot(action, facts, eyes);
    return held.holds ? { holds: true, before: { parts: { ...held.config.identity } } } : held;
  },

  send: (permit, _action, { hands, signal }) => hands.proxmox.deleteSnapshot(permit, { signal }),

  async verify({ guest, params }, { before, ending }, { reads }) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const config = await seeSame(reads, guest, was.parts);
    if ("seen" in config) return config;
    const found = await findSnapshot(reads, guest, params.snapshot);
    if (found === undefined || found.snaptime !== params.taken_at) {
      return {
        seen: "done",
        traces: [{ kind: "snapshot_gone", vmid: guest, name: params.snapshot }],
      };
    }
    const name = `Snapshot ${params.snapshot} of guest ${guest}`;
    if (found.snapstate !== undefined) {
      // Proxmox took a part of it away, and keeps the guest locked.
      return { seen: "other", why: `${name} is half deleted; ${howItEnded(ending)}` };
    }
    const why = `${name} is still there; ${howItEnded(ending)}`;
    return { seen: endedWell(ending) ? "other" : "nothing", why };
  },
};
