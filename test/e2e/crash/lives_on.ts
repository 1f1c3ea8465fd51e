import { FelhomError } from "../../../src/errors.ts";
import type { RunningProcess } from "../../support/agent_rig.ts";

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 20;

/**
 * Whether a daemon that gave no answer is there still: its socket breaks a little before its end can
 * be seen, so it is asked again until it either answers or has ended.
 */
export async function livesOn(
  daemon: RunningProcess,
  ask: () => Promise<unknown>,
): Promise<boolean> {
  const ended = daemon.finished().then(() => true);
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const answered = ask().then(() => true, (error) => {
      if (error instanceof FelhomError) return false;
      throw error;
    });
    if (await answered) return true;
    const pause = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => pause.resolve(false), LOOK_EVERY_MS);
    const over = await Promise.race([ended, pause.promise]);
    clearTimeout(timer);
    if (over) return false;
  }
  return true;
}
