import type { DesiredGuest } from "../../../src/reconcile/desired/desired_state.ts";

/**
 * What is wanted of the first guests of the mixed host: more memory for those that run, and that the
 * others run. Each takes one step.
 */
export function mixedWishes(guests: number, memory = 1024): DesiredGuest[] {
  return Array.from({ length: guests }, (_, index) => ({
    vmid: 200 + index,
    ...(index % 2 === 0 ? { settings: { memory } } : { settings: {}, state: "running" }),
    restart: "never",
  }));
}
