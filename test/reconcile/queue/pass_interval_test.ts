import { assertEquals } from "@std/assert";
import { passInterval } from "../../../src/reconcile/queue/pass_interval.ts";

Deno.test("Two passes are 30 s apart, spread by a fifth to both sides", () => {
  const spread = [0, 0.25, 0.5, 0.75, 1];
  assertEquals(spread.map((random) => passInterval(random)), [
    ...[24_000, 27_000, 30_000, 33_000, 36_000],
  ]);
  assertEquals(spread.map((random) => passInterval(random, 5_000)), [
    ...[4_000, 4_500, 5_000, 5_500, 6_000],
  ]);
});
