import { FelhomError } from "../errors.ts";
import type { ErrorDocument } from "../control/protocol.ts";

/** The error that another isolate told of. */
export function failureFrom({ code, message, hint }: ErrorDocument): FelhomError {
  return new FelhomError(code, message, hint === undefined ? {} : { hint });
}

/** An error as it is told to another isolate. */
export function documentOf(error: unknown): ErrorDocument {
  if (error instanceof FelhomError) return error.told;
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return { code: "internal.bug", message };
}
