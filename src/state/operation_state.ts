/** Where an operation stands. */
export type OperationState =
  /** Allowed by the gate; nothing was sent. */
  | "authorised"
  /** About to be sent, or sent: what happened since is not known until a later row says so. */
  | "started"
  /** Proxmox gave a task id. */
  | "task_running"
  | "succeeded"
  | "failed"
  /** It cannot be found out whether it happened. Shown, never repeated. */
  | "unknown"
  /** It was never sent, and never will be. */
  | "abandoned";

/**
 * The steps an operation may take. What was never sent can only be abandoned, and what may have
 * been sent cannot.
 */
export const NEXT_STATES = {
  authorised: ["started", "abandoned"],
  started: ["task_running", "succeeded", "failed", "unknown"],
  task_running: ["succeeded", "failed", "unknown"],
  succeeded: [],
  failed: [],
  unknown: [],
  abandoned: [],
} as const satisfies Record<OperationState, readonly OperationState[]>;

/** All states, in the order an operation may pass through them. */
export const OPERATION_STATES = [
  "authorised",
  "started",
  "task_running",
  "succeeded",
  "failed",
  "unknown",
  "abandoned",
] as const satisfies readonly OperationState[];

/** Whether an operation may go from one state to the other in one step. */
export function mayFollow(from: OperationState, to: OperationState): boolean {
  const next: readonly OperationState[] = NEXT_STATES[from];
  return next.includes(to);
}

/** Whether nothing follows a state. */
export function isFinal(state: OperationState): boolean {
  return NEXT_STATES[state].length === 0;
}

/** The states from which one step leads to `to`. */
export function statesBefore(to: OperationState): readonly OperationState[] {
  return OPERATION_STATES.filter((from) => mayFollow(from, to));
}
