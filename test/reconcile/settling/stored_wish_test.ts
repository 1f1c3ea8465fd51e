import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Intent } from "../../../src/action/mod.ts";
import { evidenceOf, storedWish } from "../../../src/reconcile/settling/stored_wish.ts";
import { operation } from "../../state/operation.ts";
import { withState } from "../../state/state_folder.ts";

const INTENT: Intent = {
  action: { kind: "guest.start", guest: 101, params: {} },
  ...{ origin: "job", source: "hub", reference: "job-1", transaction: null },
  evidence: { why: "Asked to", digest: null, observedAt: 5 },
};

/** What is read of an operation that the journal has so. */
async function read(
  action: { readonly kind: string },
  evidence: unknown,
): Promise<ReturnType<typeof storedWish>> {
  let wish: ReturnType<typeof storedWish> | undefined;
  await withState(({ operations }) => {
    operations.authorise(operation("a", { action, evidence, origin: "job" }));
    const kept = operations.get("a");
    if (kept !== undefined) wish = storedWish(kept);
  });
  if (wish === undefined) throw new Error("The journal has the operation");
  return wish;
}

Deno.test("A wish is read from the journal as it was written, with the end that was asked for", async () => {
  for (const intent of [INTENT, { ...INTENT, expiresAt: 77 }]) {
    assertEquals(await read(intent.action, evidenceOf(intent)), { intent });
  }
  assertEquals("expiresAt" in Object(evidenceOf(INTENT)), false);
});

Deno.test("What of a wish cannot be read is told, and nothing is made of it", async () => {
  const action = { kind: "guest.start", guest: 0, params: {} };
  const bad = await read(action, evidenceOf(INTENT));
  assertStringIncludes("unreadable" in bad ? bad.unreadable : "", "action cannot be read");
  assertEquals(await read(INTENT.action, { why: 7 }), {
    unreadable: "What the journal keeps of why cannot be read",
  });
});
