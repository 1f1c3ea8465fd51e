import { systemClock } from "../../src/clock.ts";
import type { SimulatorOptions } from "./mod.ts";

/** How long pveproxy waits for pvedaemon (FACTS §1.5). */
const ANSWER_LIMIT_MS = 30_000;

/**
 * A simulator whose tasks are `timeScale` times as short, and whose limits are as long as they are on
 * a host: who is slow because the machine is busy is not cut off.
 */
export function unhurried(
  timeScale: number,
): Required<Pick<SimulatorOptions, "timeScale" | "callClock" | "answerLimitMs">> {
  return { timeScale, callClock: systemClock, answerLimitMs: ANSWER_LIMIT_MS * timeScale };
}
