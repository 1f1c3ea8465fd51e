import type { Action } from "../../action/mod.ts";
import { carryOutStep } from "../carry_out.ts";
import type { Step } from "../step.ts";
import type { Work } from "../work.ts";
import type { SelftestStep, SelftestWish } from "./selftest_report.ts";

/** Takes one step of a self-test the whole way, and tells how it went. */
export async function takeSelftestStep(
  work: Work,
  action: Action,
  { wish, within, signal }: {
    readonly wish: SelftestWish;
    readonly within: Step["within"];
    readonly signal: AbortSignal;
  },
): Promise<SelftestStep> {
  const began = work.clock.monotonic();
  const outcome = await carryOutStep(work, {
    action,
    origin: "selftest",
    source: "control socket",
    reference: wish.transaction,
    why: wish.scratch === null
      ? `the self-test of guest ${action.guest} was asked for`
      : "a self-test was asked for, on a guest of its own",
    within,
  }, signal);
  if ("operation" in outcome) wish.onOperation?.(outcome.operation);
  return {
    kind: action.kind,
    outcome: outcome.kind,
    why: outcome.kind === "succeeded" ? null : outcome.why,
    tookMs: Math.round(work.clock.monotonic() - began),
  };
}

/** Why no further step is taken; null when nothing ends it. */
export function endedEarly({ stop }: SelftestWish, signal: AbortSignal): string | null {
  if (stop.aborted) return "It was ended early";
  return signal.aborted ? "The agent is stopping" : null;
}
