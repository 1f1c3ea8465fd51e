import { assertSameDisk, DISK_WORK } from "./disk_mounts.ts";
import type { Executor } from "./executor.ts";
import { helperHands } from "./helper_hands.ts";

/** Unmounts an enrolled disk by the UUID of its filesystem. */
export const unmountDisk: Executor<"disk.unmount"> = {
  ...DISK_WORK,

  async send(permit, { params }, { hands, operation, signal }) {
    assertSameDisk(await helperHands(hands).unmountDisk(permit, { operation, signal }), params);
    return null;
  },
};
