import * as z from "zod";
import type { IdentityParts } from "../../gate/mod.ts";
import { FelhomError } from "../../errors.ts";
import { isVolid, parseVolid, type Reads, TASK_TYPES } from "../../proxmox/mod.ts";
import { partsSchema, readBefore, UNREADABLE } from "./before.ts";
import { endedWell, howItEnded } from "./ending_words.ts";
import type { Effect, Executor } from "./executor.ts";
import { isAnother, isRunning, seeConfig } from "./look_at_guest.ts";
import { recheckWhole } from "./recheck_guest.ts";

const beforeSchema = z.object({ digest: z.string(), onboot: z.boolean(), parts: partsSchema });

/**
 * Destroys a stopped guest with its volumes and snapshots. A write that takes the digest goes before,
 * so that what is destroyed is what was checked: the destroy itself takes none (FACTS §3.5, §3.8).
 */
export const destroy: Executor<"guest.destroy"> = {
  taskTypes: TASK_TYPES["guest.destroy"],
  limitMs: () => 60 * 60_000,

  async check({ guest }, facts, eyes) {
    const held = await recheckWhole(guest, facts, eyes);
    if (!held.holds) return held;
    const { config: { live, next, identity }, status } = held;
    const never = (why: string) => ({ holds: false, passes: false, why } as const);
    if (isRunning(status)) {
      return never(`Guest ${guest} is running; only a stopped guest can be destroyed`);
    }
    if (live.protection === true || next.protection === true) {
      return never(`Guest ${guest} is protected; whoever set the protection decides`);
    }
    return {
      holds: true,
      before: { digest: live.digest, onboot: next.onboot ?? false, parts: { ...identity } },
    };
  },

  async send(permit, _action, { hands, before, signal }) {
    const was = readBefore(beforeSchema, before);
    const guard = { digest: was?.digest ?? "", onboot: was?.onboot ?? false };
    return await hands.proxmox.destroy(permit, { guard, signal });
  },

  async verify({ guest }, { before, ending }, { reads }) {
    const was = readBefore(beforeSchema, before);
    if (was === null) return UNREADABLE;
    const gone: Effect = { seen: "done", traces: [{ kind: "guest_gone", vmid: guest }] };
    const config = await seeConfigIfAllowed(reads, guest);
    if (config === "forbidden" || config === undefined) {
      if (await isListed(reads, guest)) {
        return { seen: "other", why: `Guest ${guest} is listed, and cannot be read` };
      }
      if (endedWell(ending)) return gone;
      if (config === "forbidden") {
        return { seen: "other", why: `Guest ${guest} cannot be read; ${howItEnded(ending)}` };
      }
      const left = await volumesLeft(reads, ownVolumes(guest, was.parts));
      if (left.length === 0) return gone;
      // Moved to another node, or half destroyed.
      const why = `Guest ${guest} is gone, and there is still ${left.join(", ")}`;
      return { seen: "other", why: `${why}; ${howItEnded(ending)}` };
    }
    const other = (why: string): Effect => ({ seen: "other", why });
    if (config.live.lock === "destroyed") {
      return other(`Guest ${guest} is half destroyed, and locked; ${howItEnded(ending)}`);
    }
    if (isAnother(config.identity, was.parts)) return other(`Guest ${guest} is another one now`);
    const why = `Guest ${guest} is still there; ${howItEnded(ending)}`;
    return { seen: endedWell(ending) ? "other" : "nothing", why };
  },
};

/** A destroy takes the guest's entries in the access control list with it (FACTS §3.8). */
async function seeConfigIfAllowed(reads: Pick<Reads, "guestConfig">, guest: number) {
  try {
    return await seeConfig(reads, guest);
  } catch (error) {
    if (error instanceof FelhomError && error.code === "proxmox.forbidden") return "forbidden";
    throw error;
  }
}

async function isListed(reads: Pick<Reads, "guests">, guest: number): Promise<boolean> {
  return (await reads.guests()).some(({ vmid }) => vmid === guest);
}

/** Those that go with the guest: not a folder of the host, not what it mounts of another's. */
function ownVolumes(guest: number, { volumes }: IdentityParts): readonly string[] {
  const own = new RegExp(`(?:vm|subvol|base|basevol)-${guest}-`);
  return volumes.filter((volid) => isVolid(volid) && own.test(volid));
}

/** Those of the volumes that are on their storages. */
async function volumesLeft(
  reads: Pick<Reads, "storageContent">,
  volumes: readonly string[],
): Promise<readonly string[]> {
  const there = new Set<string>();
  for (const storage of new Set(volumes.map((volid) => parseVolid(volid).storage))) {
    for (const { volid } of await reads.storageContent(storage)) there.add(volid);
  }
  return volumes.filter((volid) => there.has(volid));
}
