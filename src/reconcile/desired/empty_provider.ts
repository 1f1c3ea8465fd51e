import type { DesiredState } from "./desired_state.ts";
import type { DesiredProvider } from "./provider.ts";

/** Nobody has said anything yet. An empty document is something else: it says that nothing is wanted. */
export const NOTHING_SAID: DesiredState = { provider: "none", revision: "none", guests: new Map() };

/** A provider that never wants anything. */
export const emptyProvider: DesiredProvider = {
  name: NOTHING_SAID.provider,
  current: () => NOTHING_SAID,
};
