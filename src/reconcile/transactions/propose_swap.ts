import type { Action } from "../../action/mod.ts";
import type { Answer } from "../../gate/mod.ts";
import type { Work } from "../work.ts";

/** A guest, and the one that a backup of it was restored to. */
export interface Swap {
  readonly guest: number;
  readonly newVmid: number;
  /** The operation that restored it. */
  readonly operation: string;
}

/**
 * Asks the gate, after a restore beside a guest, for the second step: to destroy the guest whose
 * place the new one takes. It is not carried out: asking puts the exact document to sign before the
 * operator, with a reason that names the new VMID. Asking again adds nothing.
 *
 * @throws {FelhomError} when the guest cannot be read
 */
export async function proposeSwap(
  work: Work,
  { guest, newVmid, operation }: Swap,
  signal: AbortSignal,
): Promise<Exclude<Answer["outcome"], "authorised">> {
  const action: Action = { kind: "guest.destroy", guest, params: { purge: false } };
  const facts = await work.facts(action, signal);
  const answer = work.gate.ask({
    action,
    origin: "job",
    source: "agent",
    reference: operation,
    transaction: null,
    evidence: {
      why: `guest ${guest} was restored from a backup to VMID ${newVmid}, which is to take its ` +
        `place; look at ${newVmid} before you sign that ${guest} goes`,
      digest: facts.place.kind === "here" ? facts.place.guest.config?.digest ?? null : null,
      observedAt: work.clock.now(),
    },
  }, facts);
  // A permit, for a guest that is the agent's own scratch, is let lie: nobody asked to destroy it.
  return answer.outcome === "authorised" ? "permitted" : answer.outcome;
}
