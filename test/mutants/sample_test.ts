import { assertEquals, assertNotEquals } from "@std/assert";
import { sample } from "./sample.ts";

const ITEMS = Array.from({ length: 100 }, (_, at) => at);

Deno.test("A seed draws the same each time, in order, and another seed something else", () => {
  const drawn = sample(ITEMS, 10, 7);
  assertEquals(drawn, sample(ITEMS, 10, 7));
  assertEquals(drawn.length, 10);
  assertEquals(drawn, drawn.toSorted((a, b) => a - b));
  assertNotEquals(drawn, sample(ITEMS, 10, 8));
  assertEquals(sample(ITEMS, 1000, 7), ITEMS);
});
