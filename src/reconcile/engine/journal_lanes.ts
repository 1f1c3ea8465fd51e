import { isReadable, type State } from "../../state/mod.ts";
import type { Lane } from "../queue/lane.ts";

/** Lanes that have something in the journal to be done: authorised, or begun before a crash. */
export function journalLanes(
  { operations, transactions }: Pick<State, "operations" | "transactions">,
): ReadonlySet<Lane> {
  return new Set([
    ...operations.unfinished().filter(isReadable).map(({ vmid }) => vmid ?? "host"),
    ...transactions.open().map(({ vmid }) => vmid ?? "host"),
  ]);
}
