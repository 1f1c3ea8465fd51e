import { readIdentity, sameParts } from "../../gate/mod.ts";
import { parseVmid } from "../../proxmox/mod.ts";
import type { GuestMade } from "../../state/mod.ts";
import { carryOutStep } from "../carry_out.ts";
import { knownScratch, noteScratch } from "../facts/note_scratch.ts";
import { inspectFirst } from "../executors/inspect_first.ts";
import { readConfigOrNull } from "../executors/read_config.ts";
import type { RemovalTries } from "../queue/removal_tries.ts";
import type { Work } from "../work.ts";

export interface RemoveScratchOptions {
  readonly signal: AbortSignal;
  /** Told the journal's id of what was done. @default nobody */
  readonly onOperation?: ((id: string) => void) | undefined;
  /** Of earlier tries that did not go through. @default there were none */
  readonly tries?: Pick<RemovalTries, "rest" | "failed"> | undefined;
}

/**
 * Stops and destroys what the agent made as scratch of its own. It takes the way of all steps: the gate
 * lets it through only while the guest is proven to be that scratch and nothing else. What stands there
 * but is another guest is left alone, and the mark goes.
 *
 * @returns why it is still there; null when nothing of it is
 * @throws {FelhomError} when host or state cannot be read
 */
export async function removeScratch(
  work: Work,
  made: GuestMade,
  options: RemoveScratchOptions,
): Promise<string | null> {
  const { vmid } = made;
  const { state, clock, eyes: { reads }, log } = work;
  const before = knownScratch(vmid, state);
  const config = await readConfigOrNull(reads, vmid);
  if (config === null) {
    state.guests.gone(vmid, clock.now());
    return null;
  }
  if (!sameParts(readIdentity([config]), made)) {
    state.guests.gone(vmid, clock.now());
    log.warn("a self-test's guest is not there any more; another one has its VMID", { vmid });
    return null;
  }
  noteScratch(vmid, state, { before, kind: "here", config, at: clock.now() });
  if (config.lock !== undefined) return left(vmid, `it is locked (${config.lock})`);
  const { status } = await reads.guestRow(parseVmid(vmid));
  // What was seen by now may have ended the claim: what somebody runs is not stopped either.
  const seen = state.guests.get(vmid);
  if (seen !== undefined && seen.scratchLostAt !== null) {
    const why = seen.scratchLostWhy ?? "somebody may use it";
    return `${left(vmid, `it is the agent's to take away no more: ${why}`)}. ${bySignature(vmid)}`;
  }
  const { tries } = options;
  const rest = tries?.rest(vmid) ?? null;
  if (rest !== null) return rest;
  const why = status === "running"
    ? await take(work, made, { kind: "guest.stop", ...options })
    : null;
  const stays = why ?? await take(work, made, { kind: "guest.destroy", ...options });
  if (stays === null) return null;
  const told = left(vmid, stays);
  tries?.failed(vmid, told);
  return told;
}

/** @returns why it was not done; null when it was */
async function take(
  work: Work,
  { vmid, transaction }: GuestMade,
  { kind, signal, onOperation }: RemoveScratchOptions & {
    readonly kind: "guest.stop" | "guest.destroy";
  },
): Promise<string | null> {
  const outcome = await carryOutStep(work, {
    action: kind === "guest.stop"
      ? { kind, guest: vmid, params: {} }
      : { kind, guest: vmid, params: { purge: false } },
    origin: "recovery",
    source: "agent",
    reference: transaction,
    why: "the guest was made for a self-test, which has ended",
    within: null,
  }, signal);
  if ("operation" in outcome) onOperation?.(outcome.operation);
  return outcome.kind === "succeeded" ? null : `${kind}: ${outcome.why}`;
}

/** What an operator does with a scratch guest that the agent takes away no more. */
export function bySignature(vmid: number): string {
  return "If nobody uses it, it goes with a signature: " +
    `felhom-agent op new --op guest.destroy --vmid ${vmid} --param purge=false`;
}

/** What an operator is told of a scratch guest that is still there. */
function left(vmid: number, why: string): string {
  return `Guest ${vmid}, which a self-test made, is left: ${why}. Look at it: ${
    inspectFirst(vmid)
  }`;
}
