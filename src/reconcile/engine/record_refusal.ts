import { FelhomError } from "../../errors.ts";
import type { AuditRefusal } from "../../state/mod.ts";
import type { Work } from "../work.ts";

/** Characters of a reason that are kept: much of it comes from outside. */
const LONGEST_WHY = 500;

/** Something that was asked for and refused before the gate was asked. */
export interface RefusedInput {
  /** As "request.refused". */
  readonly kind: string;
  readonly code: string;
  readonly why: string;
  readonly quota?: AuditRefusal["quota"];
  /** What else an auditor wants to know. */
  readonly about?: Readonly<Record<string, unknown>>;
}

/** Writes a refusal to the audit log. It is refused all the same when it cannot be written. */
export function recordRefusal(
  { state, clock, log }: Pick<Work, "state" | "clock" | "log">,
  { kind, code, why, quota = "request", about = {} }: RefusedInput,
): void {
  const body = { ...about, code, why: why.slice(0, LONGEST_WHY) };
  const key = JSON.stringify([kind, body]);
  try {
    state.audit.refuse({ at: clock.now(), kind, body, source: "control socket", key, quota });
  } catch (error) {
    if (!(error instanceof FelhomError)) throw error;
    log.warn("A refusal cannot be written to the audit log", { kind, ...error.told });
  }
}

/** Writes what is thrown at somebody to the audit log, and hands it back to be thrown. */
export function recordThrown(
  work: Pick<Work, "state" | "clock" | "log">,
  input: Omit<RefusedInput, "code" | "why">,
  error: unknown,
): unknown {
  if (error instanceof FelhomError) {
    recordRefusal(work, { ...input, code: error.code, why: error.message });
  }
  return error;
}

/**
 * Does what somebody asks for; what is thrown at him is written to the audit log first.
 *
 * @throws what `attempt` throws
 */
export async function recorded<T>(
  work: Pick<Work, "state" | "clock" | "log">,
  input: Omit<RefusedInput, "code" | "why">,
  attempt: () => T | Promise<T>,
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw recordThrown(work, input, error);
  }
}
