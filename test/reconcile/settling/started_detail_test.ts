import { assertEquals } from "@std/assert";
import { readStarted } from "../../../src/reconcile/settling/started_detail.ts";
import { operation } from "../../state/operation.ts";
import { withState } from "../../state/state_folder.ts";

Deno.test("What was written as an operation began is read back, with when; what is not so written is not", async () => {
  const detail = { before: { was: "so" }, nodeTime: 7 };
  for (
    const [written, read] of [
      [detail, { ...detail, at: 1100 }],
      [{ before: null, nodeTime: null }, { before: null, nodeTime: null, at: 1100 }],
      [{ cut: "{" }, null],
      [{ before: null, nodeTime: "7" }, null],
    ] as const
  ) {
    await withState((state) => {
      state.operations.authorise(operation("one"));
      assertEquals(readStarted(state, "one"), null, "it has not begun");
      state.operations.advance("one", "started", { at: 1100, detail: written });
      assertEquals(readStarted(state, "one"), read);
    });
  }
});
