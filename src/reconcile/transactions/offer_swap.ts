import { readAction } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import type { Operation } from "../../state/mod.ts";
import type { Work } from "../work.ts";
import { proposeSwap } from "./propose_swap.ts";

/**
 * After an operation that succeeded: a guest that was restored beside another takes its place by a
 * second signed step. When the host cannot be read that is logged; an operator can draft the document
 * all the same.
 *
 * @throws what is no {@linkcode FelhomError}
 */
export async function offerSwap(
  work: Work,
  { id, action }: Pick<Operation, "id" | "action">,
  signal: AbortSignal,
): Promise<void> {
  const read = readAction(action);
  if (!read.ok || read.action.kind !== "guest.restore_over") return;
  const { guest, params: { new_vmid: newVmid } } = read.action;
  try {
    await proposeSwap(work, { guest, newVmid, operation: id }, signal);
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    work.log.warn("The second step of a restore is not among the pending ones", {
      operation: id,
      guest,
      newVmid,
      error: error.message,
    });
  }
}
