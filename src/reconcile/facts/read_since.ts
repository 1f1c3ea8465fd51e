import type { TasksSince } from "../../gate/mod.ts";
import { isUpid, parseUpid, parseVmid, type Reads, type Task } from "../../proxmox/mod.ts";
import { attempt } from "./attempt.ts";

/** Rows of the list that are asked for; a guest with more of them was not made just now. */
const MOST = 500;

/** Kinds of task that run a guest (FACTS §2.3). */
const RUNS: ReadonlySet<string> = new Set([
  "vzstart",
  "vzreboot",
  "vzresume",
  "vzsuspend",
  "vzmigrate",
  "hastart",
  "hamigrate",
]);

export interface SinceOptions {
  readonly vmid: number;
  /** The task that made what it is about; null when its id is not known. */
  readonly creation: string | null;
  /** Tasks on the guest that the journal knows. */
  readonly known: ReadonlySet<string>;
  readonly reads: Reads;
  readonly signal: AbortSignal;
}

/** What the list says, and whether a task in it that is not the agent's has run the guest. */
export interface SeenSince {
  readonly tasks: TasksSince;
  readonly ran: boolean;
}

/**
 * Reads what the node's list of tasks says of the time since something was made. It proves something
 * only when it shows the tasks of everybody, still has the one that made it (older ones are dropped
 * first, FACTS §2.5), and the node has not booted since: what a power cut took from the list, or a boot
 * started, nobody could tell. Needs Sys.Audit on the node.
 *
 * @throws the signal's reason
 */
export async function readSince(options: SinceOptions): Promise<SeenSince> {
  const { vmid, creation, known, reads, signal } = options;
  if (!isUpid(creation)) return unproven("the task that made it is not known");
  const { node, starttime, pstart } = parseUpid(creation);
  const path = `/nodes/${node}`;
  const call = { signal };
  // Before and after the uptime: between these two the clock was when it was told.
  const earliest = await attempt(reads.nodeTime(call), call);
  const list = { ...call, source: "all", limit: MOST } as const;
  const [permissions, listed, moves, status] = await Promise.all([
    attempt(reads.permissions({ ...call, path }), call),
    attempt(reads.tasks({ ...list, vmid: parseVmid(vmid) }), call),
    attempt(reads.tasks({ ...list, type: MOVE }), call),
    attempt(reads.nodeStatus(call), call),
  ]);
  const time = await attempt(reads.nodeTime(call), call);
  if (!listed.ok) return unproven(listed.error.message);
  const moved = moves.ok ? movesOf(moves.value, { vmid, starttime, pstart }) : [];
  const foreign = [
    ...foreignTasks(listed.value, { creation, starttime, known }),
    ...moved.filter((upid) => !known.has(upid)),
  ];
  const ran = foreign.some((upid) => RUNS.has(parseUpid(upid).type));
  const but = (why: string): SeenSince => ({ tasks: { kind: "unproven", why }, ran });
  // That somebody worked on it is known, whatever else is not.
  if (foreign.length > 0) return { tasks: { kind: "complete", foreign }, ran };
  if (!permissions.ok) return but(permissions.error.message);
  if (permissions.value[path]?.["Sys.Audit"] === undefined) {
    return but(`the token sees its own tasks alone (Sys.Audit on ${path} is missing)`);
  }
  if (listed.value.length >= MOST) return but("the node's list of its tasks is too long");
  if (!moves.ok) return but(moves.error.message);
  if (moves.value.length >= MOST && !moves.value.some((row) => row.starttime < starttime)) {
    return but("the node's list of volumes that were moved is too long");
  }
  if (!listed.value.some(({ upid }) => upid === creation)) {
    return but("the node's list of tasks does not reach back to its making");
  }
  if (!status.ok) return but(status.error.message);
  if (!time.ok) return but(time.error.message);
  if (!earliest.ok) return but(earliest.error.message);
  const { uptime } = status.value;
  // A clock that was wrong then, or was set since, would hide a boot: so it must have told the time as
  // it does now, and both must come to the same boot.
  const then = starttime - pstart / TICKS;
  if (then < earliest.value - uptime - BOOT_SLACK_S || then > time.value - uptime + BOOT_SLACK_S) {
    return but("the node has booted since, or its clock was set");
  }
  // Both are cut to whole seconds.
  if ((uptime + 1) * TICKS < pstart) return but("the node has booted since");
  return { tasks: { kind: "complete", foreign: [] }, ran: false };
}

/** Clock ticks in a second, in which a task's id counts from the boot. */
const TICKS = 100;
/** Times are cut to whole seconds, and a task's start is written down a moment after it was forked. */
const BOOT_SLACK_S = 3;

/**
 * Tasks after the making that the journal does not know. The list has the newest first; where a clock
 * was set back, that counts, and else the time: of each row either is enough.
 */
function foreignTasks(
  rows: readonly Task[],
  { creation, starttime, known }: {
    readonly creation: string;
    readonly starttime: number;
    readonly known: ReadonlySet<string>;
  },
): string[] {
  const place = rows.findIndex(({ upid }) => upid === creation);
  return rows.filter((row, index) => index < place || row.starttime >= starttime)
    .map(({ upid }) => upid).filter((upid) => upid !== creation && !known.has(upid));
}

/** Moves a volume: within a guest (its id is the VMID), or into another one. */
const MOVE = "move_volume";
/** `201-mp0>205-mp1`: out of one guest, into the other (FACTS §2.3, §2.5). */
const PAIR = /^(\d+)-[^>]*>(\d+)-/;

/**
 * Tasks that moved a volume out of a guest or into it: no filter by VMID finds them. By the time, and
 * by the ticks since the boot, which no clock that is set back turns around: either is enough.
 */
function movesOf(
  rows: readonly Task[],
  { vmid, starttime, pstart }: {
    readonly vmid: number;
    readonly starttime: number;
    readonly pstart: number;
  },
): string[] {
  return rows.flatMap(({ upid, starttime: at }) => {
    const { id, pstart: tick } = parseUpid(upid);
    const isOf = PAIR.exec(id)?.slice(1).includes(String(vmid)) === true;
    return isOf && (at >= starttime || tick >= pstart) ? [upid] : [];
  });
}

function unproven(why: string): SeenSince {
  return { tasks: { kind: "unproven", why }, ran: false };
}
