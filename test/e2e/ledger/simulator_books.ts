import type { StateReader } from "../../../src/state/mod.ts";
import type { Simulator } from "../../sim/mod.ts";
import { type Books, journalAfter } from "./books.ts";
import { parseWorld } from "./world_view.ts";

/**
 * The books of an agent in this process on a simulator in this process, from their beginning.
 *
 * @param operations the agent's journal
 */
export function simulatorBooks(
  operations: Pick<StateReader["operations"], "list" | "transitions">,
  { wire, pve }: Pick<Simulator, "wire" | "pve">,
): Books {
  const world = parseWorld(pve.snapshot());
  return {
    journal: journalAfter(operations, 0),
    requests: wire.log.rows(),
    // Others' tasks are none of the journal's business.
    world: {
      ...world,
      tasks: world.tasks.filter(({ upid }) => upid.includes(`:${pve.token.id}:`)),
    },
  };
}
