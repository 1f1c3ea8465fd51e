import { assertEquals, assertStringIncludes } from "@std/assert";
import { decide, type Facts } from "../../src/gate/mod.ts";
import { ACTION, facts, intentTo } from "./scene.ts";

function said(diskUsers: Facts["diskUsers"], { signed }: { readonly signed: boolean }): string {
  const about = facts({ subject: null, diskUsers });
  const decision = decide(intentTo(ACTION.unmount), about, { signed });
  return decision.outcome === "refused" ? `${decision.code}: ${decision.why}` : decision.outcome;
}

Deno.test("a disk that somebody is seen to use stays mounted, whoever signs, and so does one of which nobody can tell", () => {
  for (const signed of [true, false]) {
    assertEquals(
      said(["storage usb", "guest 201"], { signed }),
      "disk_in_use: An enrolled disk is used by storage usb, guest 201.",
    );
    assertEquals(said(null, { signed }).split(":")[0], "disk_use_unknown");
  }
});

Deno.test("a disk that nobody is seen to use is unmounted when an operator signs it, and never else", () => {
  assertEquals(said([], { signed: true }), "allowed");
  for (const origin of ["job", "desired", "selftest", "recovery"] as const) {
    for (const source of ["hub", "control socket", "agent"] as const) {
      const intent = intentTo(ACTION.unmount, { origin, source });
      const decision = decide(intent, facts({ subject: null, diskUsers: [] }));
      assertEquals([origin, source, decision.outcome], [origin, source, "pending_signature"]);
    }
  }
  const wish = decide(intentTo(ACTION.unmount), facts({ subject: null, diskUsers: [] }));
  if (wish.outcome !== "pending_signature") throw new Error(wish.outcome);
  assertEquals([wish.operation, wish.class], ["disk.unmount", "service"]);
  assertStringIncludes(wish.why, "under /mnt/felhom meanwhile lands on the host's own disk");
});

Deno.test("who uses an enrolled disk is no matter to anything but its unmounting", () => {
  for (const diskUsers of [["storage usb"], null]) {
    for (const action of [ACTION.start, ACTION.mount, ACTION.snapshot]) {
      const decision = decide(intentTo(action), facts({ subject: action.guest, diskUsers }));
      assertEquals([action.kind, decision.outcome], [action.kind, "allowed"]);
    }
  }
});
