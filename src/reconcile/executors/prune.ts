import * as z from "zod";
import { FelhomError } from "../../errors.ts";
import {
  parseVmid,
  parseVolid,
  type Pruning,
  type Reads,
  TASK_TYPES,
  type TaskResult,
  TransportError,
  type Upid,
  type Volume,
} from "../../proxmox/mod.ts";
import { readBefore, UNREADABLE } from "./before.ts";
import { howItEnded } from "./ending_words.ts";
import type { Executor, SendTools } from "./executor.ts";
import { recheckGuest } from "./recheck_guest.ts";

/** Those of the backups that were there: Proxmox deletes others without a word (OBSERVED 31). */
const beforeSchema = z.object({ there: z.array(z.string()) });

/** Deletes backups, one after the other as they are named, and stops at the first that stays. */
export const prune: Executor<"guest.prune"> = {
  taskTypes: TASK_TYPES["guest.prune"],
  taskIds: ({ guest, params: { backups } }) => [
    ...new Set(backups.map((each) => `${guest}@${parseVolid(each).storage}`)),
  ],
  startsSeveral: true,
  limitMs: ({ params: { backups } }) => backups.length * 10 * 60_000,

  async check({ guest, params: { backups } }, facts, { reads }) {
    const held = await recheckGuest(guest, facts, { reads });
    if (!held.holds) return held;
    const found = await findBackups(reads, guest, backups);
    const never = (why: string) => ({ holds: false, passes: false, why } as const);
    const guarded = found.filter((volume) => volume.protected === true);
    // The first of them would end it half-way.
    if (guarded.length > 0) return never(`Protected, and kept: ${namesOf(guarded).join(", ")}`);
    if (found.length === 0) return never(`None of these backups of guest ${guest} is there`);
    return { holds: true, before: { there: namesOf(found) } };
  },

  async send(permit, { params: { backups } }, tools) {
    const there = readBefore(beforeSchema, tools.before)?.there ?? [];
    const pruning = tools.hands.proxmox.prune(permit);
    const deleted: string[] = [];
    for (const each of backups.filter((name) => there.includes(name))) {
      await deleteOne(each, { pruning, deleted, tools });
      deleted.push(each);
    }
    return null;
  },

  async verify({ guest }, { before, ending }, { reads }) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const left = namesOf(await findBackups(reads, guest, was.there));
    if (left.length === 0) return { seen: "done" };
    const why = `Still there: ${left.join(", ")}; ${howItEnded(ending)}`;
    return { seen: left.length === was.there.length ? "nothing" : "other", why };
  },
};

/** Deletes one backup, and waits until it is gone. */
async function deleteOne(
  backup: string,
  { pruning, deleted, tools: { wait, signal } }: {
    readonly pruning: Pruning;
    /** Those that are gone. */
    readonly deleted: readonly string[];
    readonly tools: SendTools;
  },
): Promise<void> {
  let upid: Upid | null;
  try {
    upid = await pruning.delete(backup, { signal });
  } catch (error) {
    throw deleted.length === 0 ? error : halfWay(error, { deleted, isSure: isRefusal(error) });
  }
  if (upid === null) return;
  let result: TaskResult;
  try {
    result = await wait(upid);
  } catch (error) {
    // The task runs on, whatever it was that kept it from being looked at.
    throw halfWay(error, { deleted, isSure: false });
  }
  if (!("error" in result)) return;
  throw halfWay(result.error, { deleted, isSure: result.outcome === "error" });
}

/** Whether a call that threw has certainly deleted nothing. */
function isRefusal(error: unknown): boolean {
  if (error instanceof TransportError) return error.sent === "no";
  return error instanceof FelhomError && error.retry !== "unknown";
}

/** A failure that says how far it came; and that nobody may take for nothing what is not sure. */
function halfWay(
  error: unknown,
  { deleted, isSure }: { readonly deleted: readonly string[]; readonly isSure: boolean },
): unknown {
  if (!(error instanceof FelhomError)) return error;
  const { code, message, hint } = error;
  const gone = deleted.length === 0 ? "" : `; deleted before: ${deleted.join(", ")}`;
  return new FelhomError(code, `${message}${gone}`, {
    ...(hint === undefined ? {} : { hint }),
    retry: isSure ? "never" : "unknown",
    cause: error,
  });
}

/** Those of the backups that are on their storages, in the order given. */
async function findBackups(
  reads: Pick<Reads, "storageContent">,
  guest: number,
  backups: readonly string[],
): Promise<readonly Volume[]> {
  const vmid = parseVmid(guest);
  const found = new Map<string, Volume>();
  for (const storage of new Set(backups.map((each) => parseVolid(each).storage))) {
    for (const volume of await reads.storageContent(storage, { content: "backup", vmid })) {
      found.set(volume.volid, volume);
    }
  }
  return backups.flatMap((each) => found.get(each) ?? []);
}

function namesOf(volumes: readonly Volume[]): string[] {
  return volumes.map(({ volid }) => volid);
}
