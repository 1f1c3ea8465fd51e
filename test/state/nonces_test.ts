import { assertEquals, assertThrows } from "@std/assert";
import { FelhomError } from "../../src/errors.ts";
import { withState } from "./state_folder.ts";

Deno.test("A nonce is known by itself, and by the operation that used it", async () => {
  await withState(({ nonces }) => {
    assertEquals(nonces.usedBy("a"), undefined);
    nonces.use("a", { operation: "first", at: 1, expiresAt: 10 });
    assertEquals([nonces.usedBy("a"), nonces.usedBy("b")], ["first", undefined]);
    const again = () => nonces.use("a", { operation: "second", at: 2, expiresAt: 20 });
    assertEquals(assertThrows(again, FelhomError).code, "state.nonce_used");
    assertEquals(nonces.usedBy("a"), "first");
    nonces.use("b", { operation: "second", at: 2, expiresAt: 20 });
    assertEquals(nonces.usedBy("b"), "second");
  });
});

Deno.test("Of nonces the ones are forgotten that ended before a time, the first to end first", async () => {
  await withState(({ nonces }) => {
    for (const [nonce, expiresAt] of [["c", 30], ["a", 10], ["b", 20]] as const) {
      nonces.use(nonce, { operation: nonce, at: 1, expiresAt });
    }
    const left = () => ["a", "b", "c"].filter((nonce) => nonces.usedBy(nonce) !== undefined);
    assertEquals([nonces.prune(10, 5), left()], [0, ["a", "b", "c"]]);
    assertEquals([nonces.prune(31, 1), left()], [1, ["b", "c"]]);
    assertEquals([nonces.prune(21, 5), left()], [1, ["c"]]);
  });
});
