import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BrokenClaim, Narrator } from "./narrator.ts";

Deno.test("a claim that does not hold ends the demo and says which", () => {
  const narrator = new Narrator(() => {});
  narrator.step("Water.");
  const error = assertThrows(
    () => narrator.claim("water runs uphill", false, { seen: 1 }),
    BrokenClaim,
    "It does not hold that water runs uphill",
  );
  assertStringIncludes(error.message, '{"seen":1}');
  assertEquals(narrator.claims, 0);
});
