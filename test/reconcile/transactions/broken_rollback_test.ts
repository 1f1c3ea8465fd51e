import { assertEquals } from "@std/assert";
import { hasBrokenRollback } from "../../../src/reconcile/transactions/broken_rollback.ts";

for (
  const [state, broken] of [
    ["authorised", false],
    ["abandoned", false],
    ["succeeded", false],
    ["started", true],
    ["task_running", true],
    ["failed", true],
    ["unknown", true],
  ] as const
) {
  Deno.test(`A rollback that is ${state} is ${broken ? "" : "not "}broken, and nothing else is`, () => {
    const of = (kind: string) =>
      hasBrokenRollback([{ kind: "guest.backup", state: "succeeded" }, { kind, state }]);
    assertEquals([of("guest.rollback"), of("guest.snapshot")], [broken, false]);
  });
}
