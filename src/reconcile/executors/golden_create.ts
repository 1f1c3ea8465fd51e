import { FelhomError } from "../../errors.ts";
import type { Executor } from "./executor.ts";
import { helperHands, NO_HELPER } from "./helper_hands.ts";
import { seeMadeGuest } from "./made_guest.ts";
import { flawsOfGolden, flawsOfNew } from "./new_guest.ts";
import { readConfigOrNull } from "./read_config.ts";

/** As long as the helper gives it (privileged/protocol.ts), and what it takes to ask. */
const LIMIT_MS = 17 * 60_000;

/**
 * Makes the container of the golden image, through the helper. Root runs it there: it is no task of
 * the agent's token, so after a lost answer only the guest itself can be looked at.
 */
export const createGolden: Executor<"golden.create"> = {
  taskTypes: [],
  limitMs: () => LIMIT_MS,

  async check({ guest }, _facts, { reads, helper }) {
    if (helper === null) return NO_HELPER;
    if (await readConfigOrNull(reads, guest) !== null) {
      return { holds: false, why: `VMID ${guest} is taken`, passes: false };
    }
    return { holds: true, before: null };
  },

  async send(permit, { guest }, { hands, operation, signal }) {
    const { vmid } = await helperHands(hands).createGolden(permit, { operation, signal });
    if (vmid === guest) return null;
    throw new FelhomError(
      "helper.malformed",
      "The helper made another guest than it was asked for",
      { retry: "unknown" },
    );
  },

  verify({ guest, params }, story, eyes) {
    return seeMadeGuest(guest, eyes, {
      story,
      flaws: (config, running) => [
        ...flawsOfNew(config, { storage: params.rootfs.storage, running }),
        ...flawsOfGolden(config, params),
      ],
    });
  },
};
