import { FelhomError } from "../../errors.ts";
import type { Work } from "../work.ts";

/**
 * Writes that an operation was never sent and never will be. When that cannot be written, it stays
 * authorised: it is looked at again then, and no harm is done.
 */
export function abandon({ state, clock, log }: Work, operation: string, why: string): void {
  try {
    state.operations.advance(operation, "abandoned", { at: clock.now(), detail: { why } });
    log.info("an operation is given up; nothing was sent", { operation, why });
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    const { code, message } = error;
    log.error("an operation cannot be given up", { operation, why, code, message });
  }
}
