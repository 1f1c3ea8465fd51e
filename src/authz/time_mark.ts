/** How far the clock may be behind the mark before signed work waits. */
export const TOLERANCE_MS = 5 * 60_000;

/** How far two clocks may differ and still agree: the node tells whole seconds, and late. */
const AGREEMENT_MS = 30_000;
/** How long the clocks must have agreed before the mark follows them. */
const STEADY_MS = 10 * 60_000;
/** A leap further than this is not followed at all before {@linkcode STEADY_LEAP_MS}. */
const LEAP_MS = 24 * 60 * 60_000;
const STEADY_LEAP_MS = 24 * 60 * 60_000;
/** So much faster than the monotonic clock the mark catches up. */
const PACE = 2;
/** Clocks that have gone alike for so long are right, however far the mark is behind. */
const BELIEVED_MS = 7 * 24 * 60 * 60_000;

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
  readonly since: SteadySince | undefined;
}

/** When the clocks began to go alike. */
export interface SteadySince extends Pick<TimeSample, "wall" | "monotonic"> {
  /** The mark of then, epoch milliseconds; 0 where there was none. */
  readonly mark: number;
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
 * Takes in what the clocks say. The mark follows the earlier of wall clock and node time, and is never
 * lowered, once both have gone alike with the monotonic clock for ten minutes; over a leap of more
 * than a day, for a day. It follows twice as fast as the monotonic clock goes, and no faster: so a
 * wrong time server that is believed for an hour puts it an hour ahead of the truth, and not, a leap
 * each ten minutes, into next week, from where the clock would be behind once it is put right. Neither
 * does a clock that jumps far ahead for a moment, or wakes up in 2099 until it is told the time, leave
 * a mark. After a week without a leap the clocks are believed.
 *
 * That the mark is behind after a long time off costs little: nonces are kept for longer, and what was
 * signed still runs once.
 */
export function observeTime({ mark, since }: TimeWatch, sample: TimeSample): TimeWatch {
  const { wall, node, monotonic } = sample;
  if (!agree(wall, node)) return { mark, since: undefined };
  if (since === undefined || !agree(wall - since.wall, monotonic - since.monotonic)) {
    return { mark, since: { wall, monotonic, mark } };
  }
  const seen = Math.min(wall, node);
  const steady = monotonic - since.monotonic;
  const needed = seen - mark > LEAP_MS ? STEADY_LEAP_MS : STEADY_MS;
  if (steady < needed) return { mark, since };
  const isBelieved = since.mark === 0 || steady >= BELIEVED_MS;
  const reach = isBelieved ? seen : since.mark + PACE * steady;
  return { mark: Math.max(mark, Math.min(seen, reach)), since };
}

function agree(one: number, other: number): boolean {
  return Math.abs(one - other) <= AGREEMENT_MS;
}
