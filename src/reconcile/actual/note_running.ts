import type { Clock } from "../../clock.ts";
import type { Logger } from "../../log/logger.ts";
import type { State } from "../../state/mod.ts";
import type { Look } from "./watched_reads.ts";

/** Writes down, for good, that guests the agent made were seen running, or locked by somebody. */
export function noteRunning(
  { state, clock, log }: {
    readonly state: Pick<State, "guests">;
    readonly clock: Pick<Clock, "now">;
    readonly log: Logger;
  },
): (look: Look) => void {
  return ({ seen, since }) => {
    const at = clock.now();
    const running = seen.filter((each) => each.running).map(({ vmid }) => vmid);
    for (const vmid of state.guests.sawRunning(running, at, since)) {
      log.info("a guest the agent made has run: it is the agent's to take away no more", { vmid });
    }
    const locked = seen.flatMap(({ vmid, lock }) => lock === null ? [] : [{ vmid, lock }]);
    for (const vmid of state.guests.sawLocked(locked, at, since)) {
      log.warn(
        "somebody has locked a guest the agent made: it is the agent's to take away no more",
        {
          vmid,
          lock: locked.find((each) => each.vmid === vmid)?.lock,
        },
      );
    }
  };
}
