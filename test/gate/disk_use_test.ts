import { assertEquals } from "@std/assert";
import { decide, type Facts } from "../../src/gate/mod.ts";
import { ACTION, facts, intentTo } from "./scene.ts";

function said(diskUsers: Facts["diskUsers"]): string {
  const decision = decide(intentTo(ACTION.unmount), facts({ subject: null, diskUsers }));
  return decision.outcome === "refused" ? `${decision.code}: ${decision.why}` : decision.outcome;
}

Deno.test("a disk is unmounted when nobody uses it, and when nobody can tell it is not", () => {
  assertEquals(said([]), "allowed");
  assertEquals(
    said(["storage usb", "guest 201"]),
    "disk_in_use: An enrolled disk is used by storage usb, guest 201.",
  );
  assertEquals(said(null).split(":")[0], "disk_use_unknown");
});
