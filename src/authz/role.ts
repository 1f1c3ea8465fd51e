import type { Action } from "../action/mod.ts";

/**
 * What a signer may do. `operational` signs the work; `recovery` only replaces signers, for when
 * operational keys are lost or stolen, and is best kept in a safe.
 */
export type Role = "operational" | "recovery";

/** Every role. */
export const ROLES = ["operational", "recovery"] as const satisfies readonly Role[];

/**
 * The roles that may sign an action; each by itself, they do not add up. Nobody but recovery touches
 * recovery's own set, so a stolen operational key cannot lock the owner out; and recovery does no
 * ordinary work, so its keys need never leave the safe.
 */
export function rolesFor(action: Action): readonly Role[] {
  if (action.kind !== "signers.rotate") return ["operational"];
  return action.params.role === "recovery" ? ["recovery"] : ROLES;
}
