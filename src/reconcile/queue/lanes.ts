import type { Lane } from "./lane.ts";

/** A lane that was taken. Nobody else gets it until it is released. */
export interface Hold {
  readonly lane: Lane;
  /** Says what is being done with it, as `guest.start`: for whoever asks meanwhile. */
  tell(doing: string): void;
  /**
   * Gives the lane back. One that was marked meanwhile comes again at once, whatever `againInMs`
   * says: what it was marked for may be new. Only the first release counts.
   *
   * @throws {RangeError} when the delay is no finite number from 0 up; the lane is still held then
   */
  release(options?: ReleaseOptions): void;
}

export interface ReleaseOptions {
  /** Comes again by itself after so many milliseconds. Absent: not before it is marked. */
  readonly againInMs?: number;
}

/** Who has a lane. Lengths of time, not times: the wall clock may jump. */
export interface Holder {
  /** What was told last; null before anything was. */
  readonly doing: string | null;
  /** Milliseconds since it was taken. */
  readonly forMs: number;
}

/** How a lane waits. */
export interface Waiting {
  /** Milliseconds since it was marked, or released with a delay. */
  readonly forMs: number;
  /** Milliseconds until it is due; 0 when it is due, and waits for a worker or for its holder. */
  readonly dueInMs: number;
}

/**
 * A queue of lanes.
 *
 * INVARIANTS
 * - A lane is held once at most.
 * - A lane that is marked is taken after that, however often it was marked: once, if nobody marks it
 *   again after it was taken.
 * - A lane with a delay is not taken before its end, unless it is marked: then it is due at once, and
 *   the delay is forgotten.
 * - Of the lanes that are due, the one that became so first is taken first; a lane that was marked
 *   while it was held became due when it was marked.
 * - An idle lane leaves nothing behind.
 */
export interface Lanes {
  /** Wants a lane looked at. Never blocks; nothing happens once the queue is closed. */
  mark(lane: Lane): void;
  /**
   * Waits for a lane that is due, and holds it. Takers are served in the order in which they came.
   *
   * @returns null once the queue is closed
   * @throws the signal's reason, when it is aborted before or meanwhile; no lane is held then
   */
  take(signal: AbortSignal): Promise<Hold | null>;
  /** Who has the lane now; null when nobody has. */
  holder(lane: Lane): Holder | null;
  /** Whether the lane waits, and how; null when it does not. */
  waiting(lane: Lane): Waiting | null;
  /** How many lanes wait, due or not. */
  readonly queued: number;
  /** The lanes that are held, the longest held first. */
  readonly busy: readonly Lane[];
  /** Drops what waits and wakes all takers. What is held may still be released. */
  close(): void;
}
