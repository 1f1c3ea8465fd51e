import { capturesScenario } from "./scenarios/captures.ts";
import { defaultScenario } from "./scenarios/default.ts";
import { driftScenario } from "./scenarios/drift.ts";
import { largeScenario } from "./scenarios/large.ts";
import { mixedScenario } from "./scenarios/mixed.ts";
import type { Scenario, ScenarioOptions } from "./scenarios/scenario.ts";

/** The hosts one can start with. */
export const SCENARIOS = {
  /** The genuine server of the captures. */
  captures: capturesScenario,
  /** What a newcomer sees. */
  default: defaultScenario,
  /** The same after somebody changed things by hand. */
  drift: driftScenario,
  /** As many guests as asked for. */
  large: largeScenario,
  /** Pairs of guests, a running and a stopped one, all alike and each with a way back. */
  mixed: mixedScenario,
} as const satisfies Record<string, (options: ScenarioOptions) => Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
