import { isReadable, isScratch, type State } from "../../state/mod.ts";
import type { Lane } from "../queue/lane.ts";
import { laneOfTransaction } from "../transactions/half_made.ts";

/**
 * Lanes that have something in the journal to be done: authorised, begun before a crash, or left of a
 * self-test.
 *
 * @param now epoch milliseconds
 */
export function journalLanes(
  { operations, transactions, guests }: Pick<State, "operations" | "transactions" | "guests">,
  now: number,
): ReadonlySet<Lane> {
  return new Set([
    ...operations.unfinished().filter(isReadable).map(({ vmid }) => vmid ?? "host"),
    ...transactions.open().map((transaction) =>
      laneOfTransaction({ operations, transactions }, transaction)
    ),
    ...guests.scratch().filter((made) => isScratch(made, now)).map(({ vmid }) => vmid),
  ]);
}
