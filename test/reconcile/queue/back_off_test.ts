import { assert, assertEquals } from "@std/assert";
import { BACK_OFF, backOff } from "../../../src/reconcile/queue/back_off.ts";
import { seededRandom } from "../../proxmox/support/seeded_random.ts";

const HOUR_MS = 3_600_000;

for (
  const [failures, lowest, middle, highest] of [
    [0, 0, 0, 0],
    [1, 1_600, 2_000, 2_400],
    [2, 3_200, 4_000, 4_800],
    [3, 6_400, 8_000, 9_600],
    [8, 204_800, 256_000, 307_200],
    [9, 240_000, 300_000, 360_000],
    [50, 240_000, 300_000, 360_000],
    [100_000, 240_000, 300_000, 360_000],
  ] as const
) {
  Deno.test(`After ${failures} failures the next try is ${lowest} to ${highest} ms away`, () => {
    assertEquals([0, 0.5, 1].map((random) => backOff(failures, { random })), [
      lowest,
      middle,
      highest,
    ]);
  });
}

Deno.test("Other limits than the usual ones hold as well", () => {
  const limits = { firstMs: 100, longestMs: 250, jitter: 0 };
  assertEquals([1, 2, 3, 4].map((failures) => backOff(failures, { random: 1, limits })), [
    100,
    200,
    250,
    250,
  ]);
});

/** When a guest that always fails at once is tried, within twelve hours. Milliseconds. */
function triesOfTwelveHours(random: () => number): number[] {
  const tries = [];
  for (let now = 0; now < 12 * HOUR_MS; now += backOff(tries.length, { random: random() })) {
    tries.push(now);
  }
  return tries;
}

Deno.test("Over twelve hours a guest that always fails is tried about 150 times", () => {
  const random = seededRandom();
  for (let guest = 0; guest < 50; guest++) {
    const { length } = triesOfTwelveHours(random.next);
    // 8 doublings take 8.5 min; the rest is 5 min each, ±20% that comes out even.
    assert(length > 135 && length < 170, `${length} tries, seed ${random.seed}`);
  }
});

Deno.test("A guest is never tried twice within 1.6 s, nor within 4 min once it failed nine times", () => {
  const random = seededRandom();
  for (let guest = 0; guest < 50; guest++) {
    const tries = triesOfTwelveHours(random.next);
    for (const [index, at] of tries.entries()) {
      const before = tries[index - 1];
      if (before === undefined) continue;
      const least = index < 9 ? 1_600 : 240_000;
      assert(at - before >= least, `${at - before} ms at ${index}, seed ${random.seed}`);
    }
  }
});

Deno.test("What failed together does not come again together", () => {
  const random = seededRandom();
  const perSecond = new Map<number, number>();
  for (let guest = 0; guest < 200; guest++) {
    for (const at of triesOfTwelveHours(random.next)) {
      if (at < HOUR_MS) continue;
      const second = Math.floor(at / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
  }
  const most = Math.max(...perSecond.values());
  // 200 guests in 300 s are 0.67 a second; in step they would be 200 in one.
  assert(most <= 12, `${most} tries in one second, seed ${random.seed}`);
});

Deno.test("The first delay is 2 s, the longest 5 min, each spread by a fifth", () => {
  assertEquals(BACK_OFF, { firstMs: 2_000, longestMs: 300_000, jitter: 0.2 });
});
