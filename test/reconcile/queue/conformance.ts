import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Clock } from "../../../src/clock.ts";
import type { Hold, Lanes } from "../../../src/reconcile/queue/lanes.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** What {@linkcode testLanes} is given of an implementation. */
export interface LanesUnderTest {
  readonly name: string;
  readonly make: (clock: Clock) => Lanes;
}

/** A queue, its clock, and a taker that collects what it is given. */
class Rig {
  readonly clock = new FakeClock();
  readonly lanes: Lanes;
  readonly #never = new AbortController().signal;

  constructor(make: LanesUnderTest["make"]) {
    this.lanes = make(this.clock);
  }

  /** Takes a lane that must be due now. */
  async take(): Promise<Hold> {
    const hold = await this.tryTake();
    assert(hold !== null, "Nothing is due");
    return hold;
  }

  /** Takes what is due now, or nothing. */
  async tryTake(): Promise<Hold | null> {
    const asked = new AbortController();
    const given = this.lanes.take(asked.signal);
    given.catch(() => {});
    await this.clock.settle();
    asked.abort();
    return await given.catch(() => null);
  }

  /** Takes all that is due now and releases it. */
  async drain(): Promise<unknown[]> {
    const lanes = [];
    for (let hold = await this.tryTake(); hold !== null; hold = await this.tryTake()) {
      lanes.push(hold.lane);
      hold.release();
    }
    return lanes;
  }

  /** A taker in the background: `given` holds what it got. */
  wait(signal = this.#never): { given: (Hold | null)[] } {
    const taker: { given: (Hold | null)[] } = { given: [] };
    this.lanes.take(signal).then((hold) => taker.given.push(hold), () => {});
    return taker;
  }

  assertIdle(): void {
    assertEquals(this.lanes.queued, 0);
    assertEquals(this.lanes.busy, []);
    assertEquals(this.clock.sleeping, 0);
  }
}

/** Registers the tests that every implementation of {@linkcode Lanes} must pass. */
export function testLanes({ name, make }: LanesUnderTest): void {
  const test = (title: string, body: (rig: Rig) => Promise<void> | void) =>
    Deno.test(`${name}: ${title}`, () => body(new Rig(make)));

  test("a lane that is marked is given to who takes", async (rig) => {
    rig.lanes.mark(101);
    const hold = await rig.take();
    assertEquals(hold.lane, 101);
    assertEquals(rig.lanes.busy, [101]);
    hold.release();
    rig.assertIdle();
  });

  test("a taker waits until a lane is marked", async (rig) => {
    const taker = rig.wait();
    await rig.clock.advance(60_000);
    assertEquals(taker.given, []);
    rig.lanes.mark("host");
    await rig.clock.settle();
    assertEquals(taker.given.map((hold) => hold?.lane), ["host"]);
  });

  test("a lane that is marked often is given once", async (rig) => {
    for (let i = 0; i < 5; i++) rig.lanes.mark(101);
    assertEquals(rig.lanes.queued, 1);
    assertEquals(await rig.drain(), [101]);
    rig.assertIdle();
  });

  test("the first marked is the first taken, and marking again does not put it back", async (rig) => {
    rig.lanes.mark(103);
    rig.lanes.mark("host");
    rig.lanes.mark(101);
    rig.lanes.mark(103);
    assertEquals(await rig.drain(), [103, "host", 101]);
  });

  test("the first taker is the first served", async (rig) => {
    const [first, second] = [rig.wait(), rig.wait()];
    rig.lanes.mark(101);
    rig.lanes.mark(102);
    await rig.clock.settle();
    assertEquals(first.given.map((hold) => hold?.lane), [101]);
    assertEquals(second.given.map((hold) => hold?.lane), [102]);
  });

  test("a lane that is held is given to nobody else", async (rig) => {
    rig.lanes.mark(101);
    const hold = await rig.take();
    rig.lanes.mark(101);
    assertEquals(await rig.tryTake(), null);
    hold.release();
  });

  test("others are given while one is held", async (rig) => {
    rig.lanes.mark(101);
    const hold = await rig.take();
    rig.lanes.mark(102);
    assertEquals((await rig.take()).lane, 102);
    assertEquals(rig.lanes.busy, [101, 102]);
    hold.release();
    assertEquals(rig.lanes.busy, [102]);
  });

  test("a lane marked while held comes again, once", async (rig) => {
    rig.lanes.mark(101);
    const hold = await rig.take();
    rig.lanes.mark(101);
    rig.lanes.mark(101);
    assertEquals(rig.lanes.queued, 1);
    hold.release();
    assertEquals(await rig.drain(), [101]);
    rig.assertIdle();
  });

  test("a lane marked while held stands where its mark puts it", async (rig) => {
    rig.lanes.mark(101);
    const hold = await rig.take();
    rig.lanes.mark(102);
    rig.lanes.mark(101);
    rig.lanes.mark(103);
    hold.release();
    assertEquals(await rig.drain(), [102, 101, 103]);
  });

  test("a lane released with a delay comes when it is over, to who waits already", async (rig) => {
    rig.lanes.mark(101);
    (await rig.take()).release({ againInMs: 2_000 });
    const taker = rig.wait();
    await rig.clock.advance(1_999);
    assertEquals(taker.given, []);
    await rig.clock.advance(1);
    assertEquals(taker.given.map((hold) => hold?.lane), [101]);
    taker.given[0]?.release();
    rig.assertIdle();
  });

  test("a delay that ended while nobody waited is over", async (rig) => {
    rig.lanes.mark(101);
    (await rig.take()).release({ againInMs: 2_000 });
    assertEquals(await rig.tryTake(), null);
    assertEquals(rig.clock.sleeping, 0, "Nobody waits, and nobody sleeps");
    await rig.clock.advance(2_000);
    assertEquals(await rig.drain(), [101]);
  });

  test("a fresh mark makes a delayed lane due now, and the delay is forgotten", async (rig) => {
    rig.lanes.mark(101);
    (await rig.take()).release({ againInMs: 60_000 });
    rig.lanes.mark(101);
    assertEquals(await rig.drain(), [101]);
    await rig.clock.advance(120_000);
    assertEquals(await rig.drain(), [], "The old delay must not bring it again");
    rig.assertIdle();
  });

  test("a mark while held beats the delay that it is released with", async (rig) => {
    rig.lanes.mark(101);
    const hold = await rig.take();
    rig.lanes.mark(101);
    hold.release({ againInMs: 60_000 });
    assertEquals(await rig.drain(), [101]);
    await rig.clock.advance(120_000);
    assertEquals(await rig.drain(), []);
  });

  test("a delay that is over stands among the marked at the time of its end", async (rig) => {
    rig.lanes.mark(101);
    (await rig.take()).release({ againInMs: 1_000 });
    await rig.clock.advance(999);
    rig.lanes.mark(102);
    await rig.clock.advance(2);
    rig.lanes.mark(103);
    assertEquals(await rig.drain(), [102, 101, 103]);
  });

  test("the shorter of two delays ends first, whichever was asked for first", async (rig) => {
    rig.lanes.mark(101);
    rig.lanes.mark(102);
    (await rig.take()).release({ againInMs: 5_000 });
    const taker = rig.wait();
    await rig.clock.settle();
    taker.given[0]?.release({ againInMs: 1_000 });
    const [next, last] = [rig.wait(), rig.wait()];
    await rig.clock.advance(1_000);
    assertEquals(next.given.map((hold) => hold?.lane), [102]);
    await rig.clock.advance(4_000);
    assertEquals(last.given.map((hold) => hold?.lane), [101]);
  });

  test("a hold is released once: later releases are nothing to its next holder", async (rig) => {
    rig.lanes.mark(101);
    const first = await rig.take();
    first.release();
    rig.lanes.mark(101);
    const second = await rig.take();
    first.release({ againInMs: 1_000 });
    first.tell("something old");
    assertEquals(rig.lanes.busy, [101]);
    assertEquals(rig.lanes.holder(101)?.doing, null);
    second.release();
    rig.assertIdle();
  });

  for (const againInMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`a delay of ${againInMs} ms is refused, and the lane is still held`, async (rig) => {
      rig.lanes.mark(101);
      const hold = await rig.take();
      assertThrows(() => hold.release({ againInMs }), RangeError, String(againInMs));
      assertEquals(rig.lanes.busy, [101]);
      hold.release();
      rig.assertIdle();
    });
  }

  test("a delay of nothing comes again after those who wait", async (rig) => {
    rig.lanes.mark(101);
    rig.lanes.mark(102);
    (await rig.take()).release({ againInMs: 0 });
    assertEquals(await rig.drain(), [102, 101]);
  });

  test("a holder tells what it does, and since when it holds can be asked", async (rig) => {
    assertEquals(rig.lanes.holder(101), null);
    rig.lanes.mark(101);
    assertEquals(rig.lanes.holder(101), null);
    const hold = await rig.take();
    assertEquals(rig.lanes.holder(101), { doing: null, forMs: 0 });
    await rig.clock.advance(700);
    hold.tell("guest.start");
    assertEquals(rig.lanes.holder(101), { doing: "guest.start", forMs: 700 });
    hold.release();
    assertEquals(rig.lanes.holder(101), null);
  });

  test("how a lane waits can be asked", async (rig) => {
    assertEquals(rig.lanes.waiting(101), null);
    rig.lanes.mark(101);
    await rig.clock.advance(300);
    rig.lanes.mark(101);
    assertEquals(rig.lanes.waiting(101), { forMs: 300, dueInMs: 0 });
    const hold = await rig.take();
    assertEquals(rig.lanes.waiting(101), null);
    rig.lanes.mark(101);
    await rig.clock.advance(50);
    rig.lanes.mark(101);
    assertEquals(rig.lanes.waiting(101), { forMs: 50, dueInMs: 0 });
    hold.release();
    assertEquals(rig.lanes.waiting(101), { forMs: 50, dueInMs: 0 });
    (await rig.take()).release({ againInMs: 2_000 });
    await rig.clock.advance(500);
    assertEquals(rig.lanes.waiting(101), { forMs: 500, dueInMs: 1_500 });
    await rig.clock.advance(2_000);
    assertEquals(rig.lanes.waiting(101), { forMs: 2_500, dueInMs: 0 });
    rig.lanes.mark(101);
    assertEquals(rig.lanes.waiting(101)?.forMs, 2_500, "It was due already");
  });

  test("no time but the monotonic one counts", async (rig) => {
    rig.lanes.mark(101);
    (await rig.take()).release({ againInMs: 2_000 });
    rig.clock.jump(86_400_000);
    assertEquals(await rig.tryTake(), null);
    rig.clock.jump(-2 * 86_400_000);
    await rig.clock.advance(2_000);
    assertEquals(await rig.drain(), [101]);
  });

  test("a taker that gives up gets the reason, and no lane is lost by it", async (rig) => {
    rig.lanes.mark(102);
    (await rig.take()).release({ againInMs: 2_000 });
    const abort = new AbortController();
    const given = rig.lanes.take(abort.signal);
    assertEquals(rig.clock.sleeping, 1);
    abort.abort(new Error("Enough"));
    await assertRejects(() => given, Error, "Enough");
    await assertRejects(() => rig.lanes.take(abort.signal), Error, "Enough");
    assertEquals(rig.clock.sleeping, 0, "Nobody waits, and nobody sleeps");
    await rig.clock.advance(2_000);
    assertEquals(await rig.drain(), [102]);
  });

  test("many takers share one sleep, and who gives up leaves it to the others", async (rig) => {
    rig.lanes.mark(101);
    (await rig.take()).release({ againInMs: 2_000 });
    const abort = new AbortController();
    rig.wait(abort.signal);
    const stays = rig.wait();
    assertEquals(rig.clock.sleeping, 1);
    abort.abort();
    assertEquals(rig.clock.sleeping, 1);
    await rig.clock.advance(2_000);
    assertEquals(stays.given.map((hold) => hold?.lane), [101]);
  });

  test("a signal that lives as long as its worker keeps nothing of what was taken", async (rig) => {
    const { signal } = new AbortController();
    let listeners = 0;
    const count = (method: "addEventListener" | "removeEventListener", by: number) => {
      const original = signal[method].bind(signal);
      Object.defineProperty(signal, method, {
        value: (type: string, listener: () => void, options?: AddEventListenerOptions) => {
          listeners += by;
          original(type, listener, options);
        },
      });
    };
    count("addEventListener", 1);
    count("removeEventListener", -1);
    for (let i = 0; i < 3; i++) {
      rig.lanes.mark(101);
      (await rig.lanes.take(signal))?.release();
    }
    const waits = rig.lanes.take(signal);
    rig.lanes.close();
    await waits;
    assertEquals(listeners, 0);
  });

  test("closing wakes all takers with nothing, and leaves no timer", async (rig) => {
    rig.lanes.mark(101);
    (await rig.take()).release({ againInMs: 2_000 });
    const takers = [rig.wait(), rig.wait()];
    rig.lanes.close();
    await rig.clock.settle();
    assertEquals(takers.map(({ given }) => given), [[null], [null]]);
    rig.assertIdle();
    assertEquals(rig.lanes.waiting(101), null);
    assertEquals(await rig.lanes.take(new AbortController().signal), null);
  });

  test("closing twice, marking and releasing afterwards do nothing", async (rig) => {
    rig.lanes.mark(101);
    const hold = await rig.take();
    rig.lanes.mark(101);
    rig.lanes.mark(102);
    rig.lanes.close();
    rig.lanes.close();
    assertEquals(rig.lanes.queued, 0);
    assertEquals(rig.lanes.busy, [101], "Its holder works on");
    rig.lanes.mark(101);
    rig.lanes.mark(103);
    hold.release({ againInMs: 1_000 });
    rig.assertIdle();
    assertEquals(await rig.lanes.take(new AbortController().signal), null);
  });

  test("idle lanes leave nothing behind", async (rig) => {
    for (let vmid = 100; vmid < 1_100; vmid++) {
      rig.lanes.mark(vmid);
      if (vmid % 2 === 0) (await rig.take()).release({ againInMs: vmid });
    }
    await rig.clock.advance(2_000);
    assertEquals((await rig.drain()).length, 1_000);
    rig.assertIdle();
    for (let vmid = 100; vmid < 1_100; vmid++) {
      assertEquals(rig.lanes.holder(vmid), null);
      assertEquals(rig.lanes.waiting(vmid), null);
    }
  });
}
