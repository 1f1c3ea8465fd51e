import { assert, assertEquals } from "@std/assert";
import { carryOutOperation } from "../../../src/reconcile/carry_out.ts";
import { signedByHybrid } from "../support/signed_by_hybrid.ts";

const signal = new AbortController().signal;

// First: what this file verifies first has to load the verifier.
Deno.test("what a hybrid key signed for an earlier run is carried out", async () => {
  await signedByHybrid(false, async (work, operation) => {
    const outcome = await carryOutOperation(work, operation, signal);
    assertEquals(outcome.kind, "succeeded", JSON.stringify(outcome));
  });
});

Deno.test("what a hybrid key did not sign for an earlier run is given up", async () => {
  await signedByHybrid(true, async (work, operation) => {
    const outcome = await carryOutOperation(work, operation, signal);
    assert(outcome.kind === "denied" && outcome.outcome === "refused", JSON.stringify(outcome));
    assertEquals(outcome.code, "authz.signature_invalid");
    assertEquals(work.state.operations.get(operation.id)?.state, "abandoned");
  });
});
