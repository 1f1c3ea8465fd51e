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

Deno.test("Of an unmount is told which disk it is, and where its writers would write", () => {
  const uuid = "3f1c2a90-5b7e-4d7c-9a41-0c2f7e6d8b15";
  const text = draft(onHost(action("disk.unmount", null, { uuid })));
  const rows = describeOperation(parseDocument(bytes(text)));
  const told = (title: string) => rows.find(([first]) => first === title)?.[1];
  assertEquals(told("does"), "Unmount an enrolled disk (disk.unmount)");
  assertEquals(told("uuid"), uuid);
  assertEquals(
    told("loses"),
    "the way to what is stored on the disk, until it is mounted again; what is written to its " +
      "folder under /mnt/felhom meanwhile lands on the host's own disk",
  );
  assertEquals(told("way back"), "disk.mount");
  assertEquals(rows.some(([title]) => title === "guest"), false);
});

Deno.test("A reason cannot be moved to where it looks like a row", () => {
  const text = draft(undefined, { reason: `ended${" ".repeat(70)}loses      nothing` });
  const rows = describeOperation(parseDocument(bytes(text)));
  assertEquals(rows.find(([title]) => title === "reason"), [
    "reason",
    "ended (70 blanks) loses (6 blanks) nothing",
  ]);
});
