import type { Action } from "../action/mod.ts";
import { type Decision, refuse } from "./decision.ts";
import type { Facts } from "./facts.ts";

/** A disk that somebody uses is not unmounted, whoever asks: what is written then goes elsewhere. */
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
