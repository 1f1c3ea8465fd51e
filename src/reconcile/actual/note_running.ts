import type { Clock } from "../../clock.ts";
import type { Logger } from "../../log/logger.ts";
import type { State } from "../../state/mod.ts";

/** Writes down, for good, that guests the agent made were seen running. */
export function noteRunning(
  { state, clock, log }: {
    readonly state: Pick<State, "guests">;
    readonly clock: Pick<Clock, "now">;
    readonly log: Logger;
  },
): (vmids: readonly number[]) => void {
  return (vmids) => {
    for (const vmid of state.guests.sawRunning(vmids, clock.now())) {
      log.info("a guest the agent made has run: it is the agent's to take away no more", { vmid });
    }
  };
}
