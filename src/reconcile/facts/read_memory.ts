import type { Action } from "../../action/mod.ts";
import { type MemoryFacts, type Peak, type Place, promisedMemory } from "../../gate/mod.ts";
import type { FelhomError } from "../../errors.ts";
import { ApiError, parseVmid, type Reads } from "../../proxmox/mod.ts";
import { attempt } from "./attempt.ts";

const MIB = 1024 ** 2;

interface With {
  readonly reads: Reads;
  readonly signal: AbortSignal;
}

/**
 * What the node has of memory and what its other guests are promised, for an action that gives a
 * guest more; null for others, and when it cannot be read. Virtual machines and guests that the token
 * cannot see are left out. Needs Sys.Audit on the node.
 *
 * @param overcommit how many times the node's memory may be promised
 */
export async function readMemory(
  action: Action,
  place: Place,
  { reads, signal, overcommit }: With & { readonly overcommit: number },
): Promise<MemoryFacts | null> {
  if (promisedMemory(action, { place }) === 0) return null;
  const [status, guests] = await Promise.all([
    attempt(reads.nodeStatus({ signal }), { signal }),
    attempt(reads.guests({ signal }), { signal }),
  ]);
  if (!status.ok || !guests.ok) return null;
  const node = Math.floor(status.value.memory.total / MIB);
  let others = 0;
  for (const { vmid, template, maxmem, maxswap } of guests.value) {
    if (vmid === action.guest || template === true) continue;
    if (maxmem === undefined) return null;
    others += Math.ceil((maxmem + (maxswap ?? 0)) / MIB);
  }
  return { node, most: Math.floor(node * overcommit), others };
}

/**
 * The most memory that a guest used within a month, and how long it was seen running, for an action
 * that takes memory away; "unknown" for others. A day's figures are of each minute, a month's of half
 * an hour, the last of which is left out of them (FACTS §6). A guest that is stopped has none. A host
 * that keeps no figures of the guest answers with status 500 and names the file that is not there: there
 * are none then, and nobody could bring them by waiting. Needs VM.Audit.
 */
export async function readPeak(action: Action, place: Place, options: With): Promise<Peak> {
  if (action.kind !== "guest.settings" || action.params.set.memory === undefined) return "unknown";
  if (place.kind !== "here" || place.guest.config === null) return "unknown";
  if (action.params.set.memory >= place.guest.config.memory) return "unknown";
  const { reads, signal } = options;
  const vmid = parseVmid(action.guest);
  const read = await Promise.all(
    (["day", "month"] as const).map(async (timeframe) => ({
      timeframe,
      rows: await attempt(reads.guestHistory(vmid, { timeframe, signal }), { signal }),
    })),
  );
  let most = 0;
  let watchedMs = 0;
  for (const { timeframe, rows } of read) {
    if (!rows.ok) {
      if (hasNoFigures(rows.error)) continue;
      return "unknown";
    }
    const seen = rows.value.flatMap(({ mem = 0 }) => mem > 0 ? [mem] : []);
    most = seen.reduce((one, other) => Math.max(one, other), most);
    // Both tell of the same time: the longer one counts, and not their sum.
    watchedMs = Math.max(watchedMs, seen.length * ROW_MS[timeframe]);
  }
  return most === 0 ? "never_seen" : { mib: Math.ceil(most / MIB), watchedMs };
}

/** How long a row of the figures is for, milliseconds (FACTS §6). */
const ROW_MS = { day: 60_000, month: 30 * 60_000 } as const;

/** pve-cluster, src/PVE/RRD.pm, `create_rrd_data`: librrd's words for a file that cannot be opened. */
const NO_FILE = /^RRD error: .*\bNo such file or directory\b/;

function hasNoFigures(error: FelhomError): boolean {
  return error instanceof ApiError && error.status === 500 && NO_FILE.test(error.text);
}
