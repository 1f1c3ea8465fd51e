import { assertEquals } from "@std/assert";
import { passInterval } from "../../../src/reconcile/queue/pass_interval.ts";

Deno.test("Two passes are 30 s apart, spread by a fifth to both sides", () => {
  assertEquals([0, 0.25, 0.5, 0.75, 1].map(passInterval), [24_000, 27_000, 30_000, 33_000, 36_000]);
});
