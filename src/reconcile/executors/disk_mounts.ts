import { FelhomError } from "../../errors.ts";
import type { Checked, Effect, Ending, Eyes } from "./executor.ts";
import { NO_HELPER } from "./helper_hands.ts";

/**
 * What mounting and unmounting an enrolled disk have in common. The helper looks at the mount table
 * before and after: an answer of it is the effect seen. Nobody else can look: the API shows no
 * mounts, and the helper has no operation that only reads them. So after a lost answer nothing is
 * known; either may be asked for anew, since the helper does nothing where nothing is to be done.
 */
export const DISK_WORK = {
  taskTypes: [],

  /** As long as the helper gives it (privileged/protocol.ts), and what it takes to ask. */
  limitMs: () => 130_000,

  check: (_action: unknown, _facts: unknown, { helper }: Eyes): Promise<Checked> =>
    Promise.resolve(helper === null ? NO_HELPER : { holds: true, before: null }),

  verify: (_action: unknown, { ending }: { readonly ending: Ending }): Promise<Effect> =>
    Promise.resolve(
      ending.how === "answered" ? { seen: "done" } : {
        seen: "other",
        why: "The helper's answer was lost, and nobody else can tell whether the disk is mounted",
      },
    ),
} as const;

/** @throws {FelhomError} `helper.malformed` for an answer about another disk */
export function assertSameDisk(
  answer: { readonly uuid: string },
  { uuid }: { readonly uuid: string },
): void {
  if (answer.uuid === uuid) return;
  throw new FelhomError("helper.malformed", "The helper answers for another disk", {
    retry: "unknown",
  });
}
