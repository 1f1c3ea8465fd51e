import { FelhomError } from "../errors.ts";
import type { AuthzCode } from "./step.ts";

/**
 * A refusal of the pipeline.
 *
 * @param message what does not hold, values quoted
 * @param hint what to do next, in one sentence
 */
export function refuse(code: AuthzCode, message: string, hint?: string): never {
  throw new FelhomError(code, message, hint === undefined ? {} : { hint });
}
