import { assertEquals } from "@std/assert";
import { tieUp } from "../../../src/reconcile/recovery/tie_up.ts";
import { signedByHybrid } from "../support/signed_by_hybrid.ts";

const signal = new AbortController().signal;

// The first of both has to load the verifier.
Deno.test("a start gives up what a hybrid key did not sign, and keeps what it signed", async () => {
  for (const [altered, state] of [[true, "abandoned"], [false, "authorised"]] as const) {
    await signedByHybrid(altered, async (work, operation) => {
      assertEquals(await tieUp(work, operation, signal), true);
      assertEquals(work.state.operations.get(operation.id)?.state, state);
    });
  }
});
