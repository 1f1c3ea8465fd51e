import { assertEquals } from "@std/assert";
import { table } from "./table.ts";

Deno.test("A table shows the ratio with its spread, and whether the limit held", () => {
  const flat = (value: number) => ({ median: value, low: value, high: value });
  const comparison = { title: "GET config", baseline: { name: "", run: nothing }, contenders: [] };
  assertEquals(
    table(comparison, [
      { name: "bare", measured: flat(120.4), ratio: flat(1), limit: undefined },
      {
        name: "ours",
        measured: { median: 150, low: 140, high: 161 },
        ratio: { median: 1.254, low: 1.2, high: 1.36 },
        limit: 1.3,
      },
      { name: "other", measured: flat(9.876), ratio: flat(2.5), limit: 2 },
      { name: "shown", measured: flat(36.55), ratio: flat(3), limit: undefined },
    ]),
    `GET config
          median    quartiles  ratio    quartiles  limit
  bare    120 ms    120 – 120      1
  ours    150 ms    140 – 161   1.25  1.20 – 1.36    1.3    held
  other  9.88 ms  9.88 – 9.88   2.50  2.50 – 2.50      2  MISSED
  shown  36.5 ms  36.5 – 36.5   3.00  3.00 – 3.00`,
  );
});

function nothing(): Promise<void> {
  return Promise.resolve();
}
