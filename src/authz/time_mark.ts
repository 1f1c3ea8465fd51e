/** How far the clock may be behind the mark before signed work waits. */
export const TOLERANCE_MS = 5 * 60_000;

/** How far two clocks may differ and still agree: the node tells whole seconds, and late. */
const AGREEMENT_MS = 30_000;
/** How long the clocks must have agreed before the mark follows them. */
const STEADY_MS = 10 * 60_000;
/** A leap further than this is believed only after {@linkcode STEADY_LEAP_MS}. */
const LEAP_MS = 24 * 60 * 60_000;
const STEADY_LEAP_MS = 24 * 60 * 60_000;

/** What the clocks said at one moment, all in milliseconds. */
export interface TimeSample {
  /** The agent's wall clock, since the epoch. */
  readonly wall: number;
  /** Proxmox's node time, since the epoch. */
  readonly node: number;
  /** The monotonic clock, since some fixed point of this process. */
  readonly monotonic: number;
}

/** The mark with what it takes to raise it. */
export interface TimeWatch {
  /** The latest time that is certain to have been, epoch milliseconds. It belongs to the state. */
  readonly mark: number;
  /** Since when the clocks have gone alike; `undefined` when they do not. It belongs to the process. */
  readonly since: Pick<TimeSample, "wall" | "monotonic"> | undefined;
}

/**
 * Whether the clock is so far behind the mark that nothing signed may be believed to be in time: a
 * clock set back makes an expired document valid again.
 *
 * @param now epoch milliseconds
 */
export function isClockBehind(now: number, mark: number): boolean {
  // Said so that a time that is no number is behind.
  return !(now >= mark - TOLERANCE_MS);
}

/**
 * Up to when nonces may be forgotten: whatever expired before it is refused as expired, or the clock
 * is refused as behind. @returns epoch milliseconds
 */
export function nonceHorizon(mark: number): number {
  return mark - TOLERANCE_MS;
}

/**
 * Takes in what the clocks say. The mark is raised to the earlier of wall clock and node time, and
 * never lowered, once both have gone alike with the monotonic clock for ten minutes; over a leap of
 * more than a day, for a day. So a clock that jumps far ahead for a moment, or wakes up in 2099
 * until it is told the time, leaves no mark; and waiting costs nothing, because a low mark only
 * means that nonces are kept for longer.
 */
export function observeTime({ mark, since }: TimeWatch, sample: TimeSample): TimeWatch {
  const { wall, node, monotonic } = sample;
  if (!agree(wall, node)) return { mark, since: undefined };
  if (since === undefined || !agree(wall - since.wall, monotonic - since.monotonic)) {
    return { mark, since: { wall, monotonic } };
  }
  const seen = Math.min(wall, node);
  const steady = monotonic - since.monotonic;
  const needed = seen - mark > LEAP_MS ? STEADY_LEAP_MS : STEADY_MS;
  return { mark: steady >= needed ? Math.max(mark, seen) : mark, since };
}

function agree(one: number, other: number): boolean {
  return Math.abs(one - other) <= AGREEMENT_MS;
}
