import type { Action } from "../../action/mod.ts";
import type { OperationOrigin, State } from "../../state/mod.ts";
import { isOwnStep } from "./scratch_left_as.ts";

/**
 * Ends the mark of scratch when an operation that is no step of the agent's own begins on it: who changes
 * a guest, saves it or goes on with it wants it. To stop it or to take it away wants nothing of it.
 */
export function endScratch(
  { guests }: Pick<State, "guests">,
  { kind, guest }: Pick<Action, "kind" | "guest">,
  { origin, at }: { readonly origin: OperationOrigin; readonly at: number },
): void {
  if (guest === null || isOwnStep(origin)) return;
  if (kind === "guest.stop" || kind === "guest.shutdown" || kind === "guest.destroy") return;
  guests.loseScratch(guest, at, `somebody asked for ${kind} on it`);
}
