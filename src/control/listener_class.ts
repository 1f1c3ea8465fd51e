/** For whom a listener is: each has quotas of its own, so that none can lock out another. */
export type ListenerClass = "operators" | "hub" | "guests";

/** What the clients of one listener may take up at once. */
export interface ListenerLimits {
  /** Connections. At one more, the one that has been idle longest is dropped. */
  readonly connections: number;
  /** Operations at work that take long, out of those; so that the others are always answered. */
  readonly long: number;
  /** The same for documents that somebody signed who may: nothing else takes their places. */
  readonly signed: number;
}

/** The quotas. So far operators alone have a listener. */
export const LISTENER_LIMITS: Readonly<Record<ListenerClass, ListenerLimits>> = {
  operators: { connections: 16, long: 8, signed: 4 },
  hub: { connections: 8, long: 4, signed: 4 },
  guests: { connections: 32, long: 0, signed: 0 },
};
