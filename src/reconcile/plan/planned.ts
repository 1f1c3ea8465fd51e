import { readAction } from "../../action/mod.ts";
import { FelhomError } from "../../errors.ts";
import type { PlannedStep } from "./guest_plan.ts";

/**
 * A step of a plan, with its action read as every action is: what a plan holds can be asked for.
 *
 * @throws {FelhomError} `internal.bug` for what is no action
 */
export function planned(
  action: { readonly kind: string; readonly guest: number; readonly params: unknown },
  explained: Pick<PlannedStep, "changes" | "why">,
): PlannedStep {
  const read = readAction(action);
  if (read.ok) return { action: read.action, ...explained };
  throw new FelhomError("internal.bug", `Cannot plan for guest ${action.guest}: ${read.message}`);
}
