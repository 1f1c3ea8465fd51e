import { assertEquals, assertThrows } from "@std/assert";
import { spreadOf } from "./spread.ts";

Deno.test("The spread of an odd number of values is three of them", () => {
  assertEquals(spreadOf([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4 });
});

Deno.test("The spread of an even number of values lies between them", () => {
  assertEquals(spreadOf([4, 1, 3, 2]), { median: 2.5, low: 1.75, high: 3.25 });
});

Deno.test("One value is its own spread, and one wild value does not move the median", () => {
  assertEquals(spreadOf([7]), { median: 7, low: 7, high: 7 });
  assertEquals(spreadOf([1, 1, 1, 1, 1000]).median, 1);
});

Deno.test("No values have no spread", () => {
  assertThrows(() => spreadOf([]), RangeError);
});
