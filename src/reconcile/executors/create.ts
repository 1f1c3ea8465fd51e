import { TASK_TYPES } from "../../proxmox/mod.ts";
import { backupSize } from "./backup_there.ts";
import type { Executor } from "./executor.ts";
import { seeMadeGuest } from "./made_guest.ts";
import { flawsOfCreated, flawsOfNew } from "./new_guest.ts";
import { readConfigOrNull } from "./read_config.ts";

/** A large image on a slow disk; its task is shown before that. */
const LIMIT_MS = 2 * 60 * 60_000;

/**
 * Makes a guest from a golden image, which is a restore to a VMID that is free. That it still is,
 * Proxmox itself decides under its own lock; the look beforehand gives the clearer answer.
 */
export const createGuest: Executor<"guest.create"> = {
  taskTypes: TASK_TYPES["guest.create"],
  limitMs: () => LIMIT_MS,

  async check({ guest, params: { image } }, _facts, { reads }) {
    if (await readConfigOrNull(reads, guest) !== null) {
      return { holds: false, why: `VMID ${guest} is taken`, passes: false };
    }
    const size = await backupSize(reads, image);
    if (size === null || size === 0) {
      return { holds: false, why: `The golden image ${image} is not there`, passes: false };
    }
    return { holds: true, before: { image_bytes: size } };
  },

  send: (permit, _action, { hands, signal }) => hands.proxmox.create(permit, { signal }),

  verify({ guest, params }, story, eyes) {
    return seeMadeGuest(guest, eyes, {
      story,
      flaws: (config, running) => [
        ...flawsOfNew(config, { storage: params.storage, running }),
        ...flawsOfCreated(config, params),
      ],
    });
  },
};
