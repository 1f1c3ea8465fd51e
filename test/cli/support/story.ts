import type { OperationStory } from "../../../src/control/journal.ts";
import type { OperationState } from "../../../src/state/mod.ts";

/** An operation that went this way, as the daemon tells it. */
export function story(
  states: readonly OperationState[],
  said: string | null = null,
): OperationStory {
  return {
    seq: 1,
    id: "o1",
    vmid: 101,
    kind: "guest.start",
    state: states.at(-1) ?? "authorised",
    origin: "job",
    source: "control socket",
    why: "trial",
    said,
    transaction: null,
    compensates: null,
    upid: null,
    createdAt: 1_000,
    changedAt: 2_000,
    action: { kind: "guest.start", guest: 101, params: {} },
    evidence: {},
    signed: false,
    transitions: states.map((state, place) => ({
      state,
      at: 1_000 + place,
      upid: state === "task_running" ? "UPID:x" : null,
      detail: null,
    })),
  };
}
