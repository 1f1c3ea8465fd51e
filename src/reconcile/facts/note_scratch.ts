import type { Place } from "../../gate/mod.ts";
import type { GuestConfig } from "../../proxmox/mod.ts";
import { AWAY, type GuestMade, type State } from "../../state/mod.ts";

/** Scratch as it was known when a look began. */
export interface KnownScratch {
  readonly mark: GuestMade | undefined;
  /** Whether an operation was at work on it: then what is seen of it is on its way. */
  readonly atWork: boolean;
}

/** Why scratch is scratch no more, when a setting of it is not as the agent left it. */
const CHANGED = "its configuration is not as the agent left it";

/** What is known of a guest before it is looked at. */
export function knownScratch(
  vmid: number,
  { guests, operations }: Pick<State, "guests" | "operations">,
): KnownScratch {
  const open = operations.unfinishedOf(vmid);
  return { mark: guests.get(vmid), atWork: open.some(({ state }) => state !== "authorised") };
}

/**
 * Ends the mark of scratch, for good, when a look shows that somebody changed it or took it to another
 * node. What the agent itself did meanwhile is no sign; nor is a locked guest's configuration, which
 * nobody can take for its own before the lock is gone.
 *
 * @param seen.config null when it could not be read
 * @param at epoch milliseconds
 */
export function noteScratch(
  vmid: number,
  state: Pick<State, "guests" | "operations">,
  { before, kind, config, at }: {
    readonly before: KnownScratch;
    readonly kind: Place["kind"];
    readonly config: Pick<GuestConfig, "digest" | "lock"> | null;
    readonly at: number;
  },
): void {
  const now = knownScratch(vmid, state);
  const { mark } = now;
  if (mark === undefined || mark.scratchUntil === null || mark.scratchLostAt !== null) return;
  if (before.atWork || now.atWork) return;
  // Made, or left otherwise, while it was looked at.
  if (before.mark?.operation !== mark.operation) return;
  if (before.mark.lastDigest !== mark.lastDigest) return;
  if (kind === "elsewhere" || kind === "free") state.guests.loseScratch(vmid, at, AWAY);
  if (config === null || config.lock !== undefined) return;
  if (mark.lastDigest === null || config.digest !== mark.lastDigest) {
    state.guests.loseScratch(vmid, at, CHANGED);
  }
}
