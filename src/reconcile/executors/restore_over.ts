import type { Facts } from "../../gate/mod.ts";
import { asVolid, TASK_TYPES } from "../../proxmox/mod.ts";
import { backupSize } from "./backup_there.ts";
import type { Executor, Eyes } from "./executor.ts";
import { isAnother, seeConfig } from "./look_at_guest.ts";
import { seeMadeGuest } from "./made_guest.ts";
import { flawsOfNew, flawsOfRestored } from "./new_guest.ts";
import { readConfigOrNull } from "./read_config.ts";
import { readBackupConfig } from "./read_backup_config.ts";

/** A large backup on a slow disk; its task is shown before that. */
const LIMIT_MS = 12 * 60 * 60_000;

/**
 * Restores a backup of a guest to a fresh VMID and leaves it stopped. The guest itself is not
 * touched: that it goes is a step of its own, with a signature of its own (`propose_swap.ts`).
 */
export const restoreOver: Executor<"guest.restore_over"> = {
  taskTypes: TASK_TYPES["guest.restore_over"],
  taskIds: ({ params }) => [String(params.new_vmid)],
  limitMs: () => LIMIT_MS,

  async check({ guest, params: { backup, new_vmid } }, facts, eyes) {
    const other = await whyOther(guest, facts, eyes);
    if (other !== undefined) return { holds: false, why: other, passes: false };
    if (await readConfigOrNull(eyes.reads, new_vmid) !== null) {
      return { holds: false, why: `VMID ${new_vmid} is taken`, passes: false };
    }
    const size = await backupSize(eyes.reads, backup);
    if (size === null || size === 0) {
      return { holds: false, why: `The backup ${backup} is not there`, passes: false };
    }
    return { holds: true, before: { backup_bytes: size } };
  },

  send: (permit, _action, { hands, signal }) => hands.proxmox.restoreBeside(permit, { signal }),

  async verify({ guest, params: { backup, storage, new_vmid } }, story, eyes) {
    const effect = await seeMadeGuest(new_vmid, eyes, {
      story,
      flaws: async (config, running) => [
        ...flawsOfNew(config, { storage, running }),
        ...flawsOfRestored(
          config,
          readBackupConfig(await eyes.reads.backupConfig(asVolid(backup))),
        ),
      ],
    });
    return effect.seen === "done"
      ? { ...effect, detail: { restored_to: new_vmid, in_place_of: guest } }
      : effect;
  },
};

/** Why the guest is not the one that the permit was given for; undefined when it is. */
async function whyOther(
  guest: number,
  { place }: Facts,
  { reads }: Eyes,
): Promise<string | undefined> {
  const config = await seeConfig(reads, guest);
  if (config === undefined) return `There is no guest ${guest} on this node any more`;
  const meant = place.kind === "here" ? place.guest.config : null;
  return meant === null || isAnother(config.identity, meant.identity)
    ? `Guest ${guest} is another one now`
    : undefined;
}
