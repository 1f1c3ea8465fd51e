import * as z from "zod";
import { parseUpid, TASK_TYPES } from "../../proxmox/mod.ts";
import { partsSchema, readBefore, UNREADABLE } from "./before.ts";
import { endedWell, howItEnded } from "./ending_words.ts";
import type { Effect, Ending, Executor, Eyes } from "./executor.ts";
import { goneMeanwhile, isRunning, seeConfig, seeRow, seeSame } from "./look_at_guest.ts";
import { recheckWhole } from "./recheck_guest.ts";
import { findSnapshot } from "./recheck_snapshot.ts";
import { RIGHT_AFTER_S } from "./right_after.ts";

const beforeSchema = z.object({ parts: partsSchema, running: z.boolean() });

/** Takes a snapshot. It counts as the agent's own only when a task of the agent's took it. */
export const snapshot: Executor<"guest.snapshot"> = {
  taskTypes: TASK_TYPES["guest.snapshot"],
  limitMs: () => 30 * 60_000,

  async check({ guest, params }, facts, eyes) {
    const held = await recheckWhole(guest, facts, eyes);
    if (!held.holds) return held;
    const { config, status } = held;
    const never = (why: string) => ({ holds: false, passes: false, why } as const);
    if (status.template === true) return never(`Guest ${guest} is a template`);
    if (await findSnapshot(eyes.reads, guest, params.snapshot) !== undefined) {
      return never(`Guest ${guest} has a snapshot ${params.snapshot} already`);
    }
    return {
      holds: true,
      before: { parts: { ...config.identity }, running: isRunning(status) },
    };
  },

  send: (permit, _action, { hands, signal }) => hands.proxmox.snapshot(permit, { signal }),

  async verify({ guest, params }, { before, ending }, eyes) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const config = await seeSame(eyes.reads, guest, was.parts);
    if ("seen" in config) return config;
    const found = await findSnapshot(eyes.reads, guest, params.snapshot);
    const name = `Snapshot ${params.snapshot} of guest ${guest}`;
    if (found === undefined) {
      const lock = config.live.lock;
      return lock === "snapshot"
        ? { seen: "other", why: `Guest ${guest} is left locked (snapshot)` }
        : { seen: "nothing", why: `${name} is not there; ${howItEnded(ending)}` };
    }
    if (found.snapstate !== undefined) {
      return { seen: "other", why: `${name} is incomplete (${found.snapstate})` };
    }
    const { snaptime } = found;
    if (snaptime === undefined || !isFromTask(snaptime, ending)) {
      return { seen: "other", why: `${name} is there, and the agent did not take it` };
    }
    return await taken({ guest, name: params.snapshot, snaptime, running: was.running }, eyes);
  },
};

/** Whether the task took it: it did not fail, and the snapshot is not older than the task. */
function isFromTask(snaptime: number, ending: Ending): boolean {
  if (ending.how !== "task") return false;
  const { outcome, upid } = ending.result;
  return (endedWell(ending) || outcome === "unknown") && snaptime >= parseUpid(upid).starttime;
}

async function taken(
  { guest, name, snaptime, running }: {
    readonly guest: number;
    readonly name: string;
    readonly snaptime: number;
    /** Whether the guest ran before it was taken. */
    readonly running: boolean;
  },
  { reads }: Pick<Eyes, "reads">,
): Promise<Effect> {
  const [config, status, now] = await Promise.all([
    seeConfig(reads, guest),
    seeRow(reads, guest),
    reads.nodeTime(),
  ]);
  if (config === undefined || status === undefined) return goneMeanwhile(guest);
  const isRightAfter = now - snaptime <= RIGHT_AFTER_S;
  return {
    seen: "done",
    traces: [{
      kind: "snapshot_made",
      vmid: guest,
      name,
      takenAt: snaptime,
      digest: isRightAfter ? config.live.digest : null,
      stoppedThroughout: isRightAfter && !running && !isRunning(status),
    }],
  };
}
