import { assertEquals } from "@std/assert";
import { parseDocument } from "../../src/authz/mod.ts";
import { describeOperation } from "../../src/cli/describe_operation.ts";
import { openOperators } from "../authz/support/operators.ts";
import { action, bytes, draft, onHost } from "../authz/support/scene.ts";

Deno.test("Of new signers is told what each key may sign, and when", async () => {
  const operators = await openOperators();
  try {
    const anna = await operators.person("anna");
    const bela = await operators.person("bela");
    const signers = anna.line() + bela.line().replace(
      /namespaces="[^"]*"/,
      '$&,valid-after="20261101Z",valid-before="20261201Z"',
    );
    const rotation = action("signers.rotate", null, {
      role: "operational",
      sequence: 2,
      replaces: `sha256:${"0".repeat(64)}`,
      signers,
    });
    const rows = describeOperation(parseDocument(bytes(draft(onHost(rotation)))));
    const told = rows.map(([, text = ""]) => text).filter((text) => text.startsWith("  for "));
    assertEquals(told, [
      "  for felhom-op-v1, at any time",
      "  for felhom-op-v1, from 2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z",
    ]);
  } finally {
    await operators.close();
  }
});

Deno.test("A reason cannot be moved to where it looks like a row", () => {
  const text = draft(undefined, { reason: `ended${" ".repeat(70)}loses      nothing` });
  const rows = describeOperation(parseDocument(bytes(text)));
  assertEquals(rows.find(([title]) => title === "reason"), [
    "reason",
    "ended (70 blanks) loses (6 blanks) nothing",
  ]);
});
