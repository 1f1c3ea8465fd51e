import { readIdentity, sameParts } from "../../gate/mod.ts";
import { asVolid, parseVmid } from "../../proxmox/mod.ts";
import { backupSize } from "./backup_there.ts";
import type { Executor, Eyes } from "./executor.ts";
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
  taskTypes: ["vzrestore"],
  taskId: ({ params }) => String(params.new_vmid),
  limitMs: () => LIMIT_MS,

  async check({ guest, params: { backup, new_vmid } }, { place }, eyes) {
    const other = await whyOther(guest, place, eyes);
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

  async verify({ guest, params: { backup, storage, new_vmid } }, { ending }, eyes) {
    const effect = await seeMadeGuest(new_vmid, eyes, {
      ending,
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

type Facts = Parameters<(typeof restoreOver)["check"]>[1];

/** Why the guest is not the one that the permit was given for; undefined when it is. */
async function whyOther(
  guest: number,
  place: Facts["place"],
  { reads }: Eyes,
): Promise<string | undefined> {
  const [next, live] = await Promise.all([
    readConfigOrNull(reads, guest),
    reads.guestConfig(parseVmid(guest), { live: true }).catch(() => null),
  ]);
  if (next === null || live === null) return `There is no guest ${guest} any more`;
  const meant = place.kind === "here" ? place.guest.config?.identity : undefined;
  return meant !== undefined && sameParts(readIdentity([live, next]), meant)
    ? undefined
    : `Guest ${guest} is another one now`;
}
