import { assert, assertEquals } from "@std/assert";
import type { Lane } from "../../../src/reconcile/queue/lane.ts";
import type { Hold, Lanes } from "../../../src/reconcile/queue/lanes.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { type SeededRandom, seededRandom } from "../../proxmox/support/seeded_random.ts";
import type { LanesUnderTest } from "./conformance.ts";

const LANES: readonly Lane[] = ["host", 101, 102, 103, 104, 105, 106];
const ROUNDS = 100;
const STEPS = 250;

/** One lane as the naive model sees it: a few fields, and everything found by looking at all. */
interface Wish {
  /** Since when it is due, or when it will be; null when nobody wants it. */
  dueAt: number | null;
  /** The order of wishes of the same moment. */
  order: number;
  held: boolean;
  /** When it was marked while held. */
  again: { at: number; order: number } | null;
}

/** What the queue ought to do, in the simplest words. */
class Model {
  now = 0;
  #order = 0;
  readonly #wishes = new Map<Lane, Wish>(
    LANES.map((lane) => [lane, { dueAt: null, order: 0, held: false, again: null }]),
  );

  mark(lane: Lane): void {
    const wish = this.wish(lane);
    if (wish.held) wish.again ??= { at: this.now, order: this.#order++ };
    else if (wish.dueAt === null || wish.dueAt > this.now) {
      wish.dueAt = this.now;
      wish.order = this.#order++;
    }
  }

  /** The lane that has to be given next; undefined when none is due. */
  next(): Lane | undefined {
    return LANES.filter((lane) => (this.wish(lane).dueAt ?? Infinity) <= this.now)
      .toSorted((a, b) => {
        const [one, other] = [this.wish(a), this.wish(b)];
        return (one.dueAt ?? 0) - (other.dueAt ?? 0) || one.order - other.order;
      })[0];
  }

  take(lane: Lane): void {
    const wish = this.wish(lane);
    assert(!wish.held, `${lane} is held twice`);
    assert(wish.dueAt !== null && wish.dueAt <= this.now, `${lane} came before its time`);
    wish.held = true;
    wish.dueAt = null;
  }

  release(lane: Lane, delay: number | undefined): void {
    const wish = this.wish(lane);
    wish.held = false;
    if (wish.again !== null) {
      wish.dueAt = wish.again.at;
      wish.order = wish.again.order;
    } else if (delay !== undefined) {
      wish.dueAt = this.now + delay;
      wish.order = this.#order++;
    }
    wish.again = null;
  }

  wish(lane: Lane): Wish {
    const wish = this.#wishes.get(lane);
    assert(wish !== undefined);
    return wish;
  }

  /** Lanes that wait, and those that will come again. */
  get queued(): number {
    return LANES.filter((lane) => this.wish(lane).dueAt !== null || this.wish(lane).again !== null)
      .length;
  }
}

/** Runs random interleavings over an implementation and a naive model, and holds them together. */
export function testLanesAgainstModel({ name, make }: LanesUnderTest): void {
  const random = seededRandom();
  Deno.test(`${name}: does as the model does (seed ${random.seed})`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await play({ make, random, told: `seed ${random.seed}, round ${round}` });
    }
  });
}

async function play(
  { make, random, told }: { make: LanesUnderTest["make"]; random: SeededRandom; told: string },
): Promise<void> {
  const clock = new FakeClock();
  const lanes = make(clock);
  const model = new Model();
  const holds: Hold[] = [];
  const takers: { abort: AbortController; got: Hold | null | undefined }[] = [];
  const log: string[] = [];

  /** What the queue gave since last time must be what the model gives to the first takers. */
  const compare = async () => {
    await clock.settle();
    for (;;) {
      const next = takers.length > 0 ? model.next() : undefined;
      if (next === undefined) break;
      const taker = takers.shift();
      assertEquals(taker?.got?.lane, next, `${told}: ${log.join(", ")}`);
      model.take(next);
      if (taker?.got) holds.push(taker.got);
    }
    const says = `${told}: ${log.join(", ")}`;
    assertEquals(takers.filter(({ got }) => got !== undefined).length, 0, says);
    assertEquals(lanes.busy.length, holds.length, says);
    assertEquals(lanes.queued, model.queued, says);
    for (const lane of LANES) {
      const { dueAt, again, held } = model.wish(lane);
      assertEquals(lanes.holder(lane) !== null, held, says);
      const dueInMs = again !== null
        ? 0
        : dueAt === null
        ? undefined
        : Math.max(0, dueAt - model.now);
      assertEquals(lanes.waiting(lane)?.dueInMs, dueInMs, says);
    }
    assert(clock.sleeping <= 1, says);
    assert(clock.sleeping === 0 || takers.length > 0, says);
  };

  const pick = <Item>(items: readonly Item[]): Item | undefined =>
    items[Math.floor(random.next() * items.length)];

  for (let step = 0; step < STEPS; step++) {
    const dice = random.next();
    if (dice < 0.35) {
      const lane = pick(LANES) ?? "host";
      log.push(`mark ${lane}`);
      lanes.mark(lane);
      model.mark(lane);
    } else if (dice < 0.55) {
      log.push("take");
      const taker: (typeof takers)[number] = { abort: new AbortController(), got: undefined };
      takers.push(taker);
      lanes.take(taker.abort.signal).then((hold) => taker.got = hold, () => {});
    } else if (dice < 0.6) {
      const taker = pick(takers);
      if (taker === undefined) continue;
      log.push("give up");
      taker.abort.abort();
      takers.splice(takers.indexOf(taker), 1);
    } else if (dice < 0.85) {
      const hold = pick(holds);
      if (hold === undefined) continue;
      holds.splice(holds.indexOf(hold), 1);
      const delay = random.next() < 0.5 ? undefined : Math.floor(random.next() * 5) * 100;
      log.push(`release ${hold.lane} ${delay ?? "for good"}`);
      hold.release(delay === undefined ? {} : { againInMs: delay });
      model.release(hold.lane, delay);
    } else {
      // Half a step now and then, so that not everything falls on one moment. One after the other:
      // what is due first is given first, and released by nobody in between.
      const ms = Math.ceil(random.next() * 4) * 50;
      log.push(`wait ${ms}`);
      for (let passed = 0; passed < ms; passed += 50) {
        await clock.advance(50);
        model.now += 50;
        await compare();
      }
    }
    await compare();
  }

  // No mark is lost: whatever waits comes, once those that hold and give nothing back are gone.
  log.push("end");
  for (const { abort } of takers.splice(0)) abort.abort();
  for (const hold of holds.splice(0)) {
    hold.release();
    model.release(hold.lane, undefined);
  }
  await clock.advance(10_000);
  model.now += 10_000;
  const left = model.queued;
  const came = await drain(lanes, model);
  assertEquals(came, left, `${told}: ${log.join(", ")}`);
  assertEquals([lanes.queued, lanes.busy.length, clock.sleeping], [0, 0, 0], told);
  lanes.close();
}

/** Takes all that is due, in the model's order. @returns how many there were */
async function drain(lanes: Lanes, model: Model): Promise<number> {
  let came = 0;
  for (let next = model.next(); next !== undefined; next = model.next()) {
    const hold = await lanes.take(never());
    assertEquals(hold?.lane, next);
    model.take(next);
    hold?.release();
    model.release(next, undefined);
    came += 1;
  }
  return came;
}

function never(): AbortSignal {
  return new AbortController().signal;
}
