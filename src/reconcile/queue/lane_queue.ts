import type { Clock } from "../../clock.ts";
import type { Lane } from "./lane.ts";
import type { Hold, Holder, Lanes, ReleaseOptions, Waiting } from "./lanes.ts";
import { WaitingLine } from "./waiting_line.ts";

/** A lane that is held. Monotonic milliseconds. */
interface Held {
  readonly since: number;
  doing: string | null;
  /** When it was marked first while held, and its number in the line; null when it was not. */
  marked: { readonly at: number; readonly number: number } | null;
}

interface Taker {
  readonly give: (hold: Hold | null) => void;
}

/** {@linkcode Lanes}, in memory. It sleeps only while somebody waits for a lane with a delay. */
export class LaneQueue implements Lanes {
  readonly #clock: Clock;
  readonly #line = new WaitingLine();
  readonly #held = new Map<Lane, Held>();
  readonly #takers = new Set<Taker>();
  #alarm: { readonly at: number; readonly off: AbortController } | null = null;
  #numbers = 0;
  #closed = false;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  mark(lane: Lane): void {
    if (this.#closed) return;
    const now = this.#clock.monotonic();
    const held = this.#held.get(lane);
    if (held !== undefined) {
      held.marked ??= { at: now, number: this.#numbers++ };
      return;
    }
    const place = this.#line.get(lane);
    if (place !== undefined && place.dueAt <= now) return;
    this.#line.put({ lane, since: now, dueAt: now, number: this.#numbers++ });
    this.#serve();
  }

  take(signal: AbortSignal): Promise<Hold | null> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#closed) return resolve(null);
      const giveUp = () => {
        this.#takers.delete(taker);
        this.#setAlarm();
        reject(signal.reason);
      };
      const taker: Taker = {
        give: (hold) => {
          signal.removeEventListener("abort", giveUp);
          resolve(hold);
        },
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#takers.add(taker);
      this.#serve();
    });
  }

  holder(lane: Lane): Holder | null {
    const held = this.#held.get(lane);
    if (held === undefined) return null;
    return { doing: held.doing, forMs: this.#clock.monotonic() - held.since };
  }

  waiting(lane: Lane): Waiting | null {
    const now = this.#clock.monotonic();
    const marked = this.#held.get(lane)?.marked ?? null;
    if (marked !== null) return { forMs: now - marked.at, dueInMs: 0 };
    const place = this.#line.get(lane);
    if (place === undefined) return null;
    return { forMs: now - place.since, dueInMs: Math.max(0, place.dueAt - now) };
  }

  get queued(): number {
    return this.#line.length +
      [...this.#held.values()].filter(({ marked }) => marked !== null).length;
  }

  get busy(): readonly Lane[] {
    return [...this.#held.keys()];
  }

  close(): void {
    this.#closed = true;
    this.#line.clear();
    for (const held of this.#held.values()) held.marked = null;
    for (const taker of this.#takers) taker.give(null);
    this.#takers.clear();
    this.#setAlarm();
  }

  /** Gives what is due to those who wait for it. */
  #serve(): void {
    const now = this.#clock.monotonic();
    for (const taker of this.#takers) {
      const { first } = this.#line;
      if (first === undefined || first.dueAt > now) break;
      this.#line.remove(first.lane);
      this.#takers.delete(taker);
      taker.give(this.#hold(first.lane, now));
    }
    this.#setAlarm();
  }

  #hold(lane: Lane, now: number): Hold {
    const held: Held = { since: now, doing: null, marked: null };
    this.#held.set(lane, held);
    return {
      lane,
      tell: (doing) => {
        held.doing = doing;
      },
      release: ({ againInMs }: ReleaseOptions = {}) => {
        if (againInMs !== undefined && !(Number.isFinite(againInMs) && againInMs >= 0)) {
          throw new RangeError(`Cannot delay lane ${lane} by ${againInMs} ms`);
        }
        // Somebody else's hold, when this one was released before.
        if (this.#held.get(lane) !== held) return;
        this.#held.delete(lane);
        if (!this.#closed) this.#putBack(lane, { marked: held.marked, againInMs });
      },
    };
  }

  #putBack(
    lane: Lane,
    { marked, againInMs }: { marked: Held["marked"]; againInMs: number | undefined },
  ): void {
    const now = this.#clock.monotonic();
    if (marked !== null) {
      this.#line.put({ lane, since: marked.at, dueAt: marked.at, number: marked.number });
    } else if (againInMs !== undefined) {
      this.#line.put({ lane, since: now, dueAt: now + againInMs, number: this.#numbers++ });
    } else return;
    this.#serve();
  }

  /** Sleeps until the first lane is due, if anybody waits for it; ends any other sleep. */
  #setAlarm(): void {
    const wakeAt = this.#takers.size > 0 ? this.#line.first?.dueAt : undefined;
    if (this.#alarm?.at === wakeAt) return;
    this.#alarm?.off.abort();
    this.#alarm = null;
    if (wakeAt === undefined) return;
    const off = new AbortController();
    const alarm = { at: wakeAt, off };
    this.#alarm = alarm;
    this.#clock.sleep(Math.max(0, wakeAt - this.#clock.monotonic()), off.signal).then(() => {
      if (this.#alarm !== alarm) return;
      // A timer may end a little early; then it is set again.
      this.#alarm = null;
      this.#serve();
    }, (error) => {
      if (!off.signal.aborted) throw error;
    });
  }
}
