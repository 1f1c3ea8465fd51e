import type { Operation, State } from "../../state/mod.ts";

/**
 * What is begun next of what a guest has authorised: signed work first, whenever it was handed in,
 * and then the oldest. A document lives for a short time, and nobody else's shutdowns may outlast it.
 *
 * @param authorised the oldest first
 */
export function nextOf(
  { state }: { readonly state: { readonly operations: Pick<State["operations"], "isSigned"> } },
  authorised: readonly Operation[],
): Operation | undefined {
  return authorised.find(({ id }) => state.operations.isSigned(id)) ?? authorised[0];
}
