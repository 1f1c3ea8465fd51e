import * as z from "zod";
import type { ActionOf } from "../../action/mod.ts";
import {
  parseUpid,
  parseVmid,
  type Reads,
  TASK_TYPES,
  type Upid,
  type Volume,
} from "../../proxmox/mod.ts";
import { readBefore, UNREADABLE } from "./before.ts";
import { endedWell, howItEnded } from "./ending_words.ts";
import type { Effect, Ending, Executor } from "./executor.ts";
import { isRunning, seeConfig, seeRow } from "./look_at_guest.ts";
import { recheckWhole } from "./recheck_guest.ts";

const beforeSchema = z.object({
  /** Seconds since the epoch, by the node's clock. */
  at: z.number(),
  running: z.boolean(),
});

type BackupAction = ActionOf<"guest.backup">;

/**
 * Backs a guest up. Proxmox does not say where to: the archive is named in the task's log, and then
 * has to be on the storage, whole (FACTS §4).
 */
export const backup: Executor<"guest.backup"> = {
  taskTypes: TASK_TYPES["guest.backup"],
  // There is one at a time on a node, so it may wait for hours before it begins (FACTS §4).
  limitMs: () => 24 * 60 * 60_000,

  async check({ guest }, facts, eyes) {
    const held = await recheckWhole(guest, facts, eyes);
    if (!held.holds) return held;
    const at = await eyes.reads.nodeTime();
    return { holds: true, before: { at, running: isRunning(held.status) } };
  },

  send: (permit, _action, { hands, signal }) => hands.proxmox.backup(permit, { signal }),

  async verify(action, { before, ending }, { reads }) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const volumes = await backupsOf(reads, action);
    if (ending.how === "task") {
      const volid = await archiveOf(reads, action, ending.result.upid);
      const made = volumes.find((volume) => volume.volid === volid);
      const { starttime: from } = parseUpid(ending.result.upid);
      if (made !== undefined && !isOfItsTime(made, { from, to: await reads.nodeTime() })) {
        return {
          seen: "other",
          why: `The task's log names ${made.volid}, which was not made while the task ran`,
        };
      }
      if (made !== undefined && ending.result.outcome !== "error") {
        return await judge(reads, action, made, was.running);
      }
    }
    if (endedWell(ending)) {
      return { seen: "other", why: `No new backup of guest ${action.guest} is on the storage` };
    }
    const recent = volumes.find(({ ctime }) => (ctime ?? 0) >= was.at);
    if (recent !== undefined) {
      return {
        seen: "other",
        why: `${recent.volid} was made since, and need not be whole; ${howItEnded(ending)}`,
      };
    }
    return await leftovers(reads, action, { running: was.running, ending });
  },
};

/** The node's clock is read in whole seconds, by several processes. */
const SLACK_S = 5;
/** The hour that comes twice in autumn. */
const HOUR_S = 3_600;

/**
 * Whether an archive was made while a task ran. Its time stands in its name, in the node's local time
 * (FACTS §4): in the hour that comes twice, Proxmox takes one of the two.
 *
 * @param span seconds since the epoch, by the node's clock
 */
function isOfItsTime(
  { ctime }: Pick<Volume, "ctime">,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  return ctime !== undefined &&
    [0, HOUR_S, -HOUR_S].some((shift) =>
      ctime + shift >= from - SLACK_S && ctime + shift <= to + SLACK_S
    );
}

/** The archive is there. Whether it is what was asked for, and the guest is as it was. */
async function judge(
  reads: Reads,
  { guest, params }: BackupAction,
  { volid, size, protected: isProtected }: Volume,
  wasRunning: boolean,
): Promise<Effect> {
  const other = (why: string): Effect => ({ seen: "other", why });
  if (size === 0) return other(`${volid} is empty`);
  if (params.protected && isProtected !== true) return other(`${volid} is not protected`);
  if (params.mode === "stop" && wasRunning && !await runs(reads, guest)) {
    return other(`${volid} is there, and guest ${guest} did not come up again`);
  }
  return { seen: "done", detail: { volid, size: size ?? null } };
}

/** There is no archive. Whether all else is as it was. */
async function leftovers(
  reads: Reads,
  { guest, params }: BackupAction,
  { running, ending }: { readonly running: boolean; readonly ending: Ending },
): Promise<Effect> {
  const why = `There is no new backup of guest ${guest}; ${
    ending.how === "answered" ? "Proxmox found nothing to back up on this node" : howItEnded(ending)
  }`;
  if (params.mode === "stop" && running && !await runs(reads, guest)) {
    return { seen: "other", why: `${why}; and the guest did not come up again` };
  }
  const lock = (await seeConfig(reads, guest))?.live.lock;
  // One that fails takes its lock away; a lock that is there then is of another task.
  const failed = ending.how === "task" && ending.result.outcome === "error";
  return lock === "backup" && !failed
    ? { seen: "other", why: `${why}; and the guest is left locked (backup)` }
    : { seen: "nothing", why };
}

async function runs(reads: Reads, guest: number): Promise<boolean> {
  const status = await seeRow(reads, guest);
  return status !== undefined && isRunning(status);
}

/** Volume id of the archive that a task says it writes; `undefined` when it came to none. */
async function archiveOf(
  reads: Pick<Reads, "taskLog">,
  { params: { storage } }: BackupAction,
  upid: Upid,
): Promise<string | undefined> {
  const { lines } = await reads.taskLog(upid);
  for (const line of lines) {
    const [, file] =
      /creating (?:vzdump|Proxmox Backup Server) archive '(?:.*\/)?(vzdump-lxc-[^/']+|ct\/\d+\/[^/']+)'$/
        .exec(line) ?? [];
    if (file !== undefined) return `${storage}:backup/${file}`;
  }
  return undefined;
}

async function backupsOf(
  reads: Pick<Reads, "storageContent">,
  { guest, params: { storage } }: BackupAction,
): Promise<readonly Volume[]> {
  const vmid = parseVmid(guest);
  const volumes = await reads.storageContent(storage, { content: "backup", vmid });
  // Proxmox looks for the number anywhere in the path (FACTS §5).
  return volumes.filter((volume) => volume.vmid === vmid);
}
