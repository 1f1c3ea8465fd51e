import { assertEquals } from "@std/assert";
import { compare } from "./frame.ts";

/** A clock that moves only when a contender works. */
function workshop() {
  let time = 0;
  const order: string[] = [];
  return {
    now: () => time,
    order,
    contender(name: string, cost: (round: number) => number) {
      let round = 0;
      return {
        name,
        run() {
          order.push(name);
          time += cost(round++);
          return Promise.resolve();
        },
      };
    },
  };
}

Deno.test("Rounds are interleaved, and each begins with another contender", async () => {
  const { now, order, contender } = workshop();
  await compare({
    title: "",
    baseline: contender("a", () => 1),
    contenders: [contender("b", () => 1), contender("c", () => 1)],
    rounds: 2,
    warmUp: 1,
  }, now);
  assertEquals(order.join(" "), "a b c b c a c a b");
});

Deno.test("A ratio is taken within its round: a slow machine slows both sides", async () => {
  const { now, contender } = workshop();
  const slow = (round: number) => round % 3 === 1 ? 50 : 1;
  const rows = await compare({
    title: "",
    baseline: contender("bare", (round) => 10 * slow(round)),
    contenders: [{ ...contender("ours", (round) => 12 * slow(round)), limit: 1.3 }],
  }, now);
  assertEquals(rows.map(({ name, ratio, limit }) => ({ name, median: ratio.median, limit })), [
    { name: "bare", median: 1, limit: undefined },
    { name: "ours", median: 1.2, limit: 1.3 },
  ]);
});

Deno.test("Warm-up rounds do not count", async () => {
  const { now, contender } = workshop();
  const [row] = await compare({
    title: "",
    baseline: contender("a", (round) => round < 2 ? 1000 : 3),
    contenders: [],
  }, now);
  assertEquals(row?.measured, { median: 3, low: 3, high: 3 });
});

Deno.test("A contender may say itself what was measured", async () => {
  const [base, other] = await compare({
    title: "",
    baseline: { name: "small", run: () => Promise.resolve(20) },
    contenders: [{ name: "large", run: () => Promise.resolve(50) }],
    unit: "MB",
  }, () => 0);
  assertEquals([base?.measured.median, other?.measured.median, other?.ratio.median], [20, 50, 2.5]);
});
