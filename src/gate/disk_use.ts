import type { Action } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";

/**
 * A disk that somebody is seen to use is not unmounted, whoever asks and whoever signs: what is written
 * then goes elsewhere. Not all use is seen (a storage that the token may not read, a link), so where
 * none is, an operator has to sign.
 */
export function diskInUse(
  { kind }: Action,
  { diskUsers }: Facts,
): Extract<Decision, { outcome: "refused" }> | undefined {
  if (kind !== "disk.unmount") return undefined;
  if (diskUsers === null) return refuse("disk_use_unknown");
  return diskUsers.length === 0
    ? undefined
    : refuse("disk_in_use", `An enrolled disk is used by ${diskUsers.join(", ")}.`);
}
