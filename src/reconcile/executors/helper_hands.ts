import { FelhomError } from "../../errors.ts";
import type { HelperMutations } from "../../helper/mod.ts";
import type { Checked } from "./executor.ts";
import type { Hands } from "./hands.ts";

/** What there is to say of anything that takes the helper, on a host that has none. */
export const NO_HELPER: Checked = {
  holds: false,
  why: "There is no privileged helper on this host (privileged.mode is off)",
  passes: false,
};

/** @throws {FelhomError} `helper.absent` on a host that has no helper; nothing was sent */
export function helperHands({ helper }: Hands): HelperMutations {
  if (helper !== null) return helper;
  throw new FelhomError("helper.absent", "There is no privileged helper on this host", {
    retry: "safe",
  });
}
