import { assertEquals, assertThrows } from "@std/assert";
import { parseOptions } from "../../privileged/options.ts";
import { HELPER_ARGS } from "../support/helper_host.ts";

const NONE = { direct: false, vmids: null, peer: null, sudoers: false };

Deno.test("the unit's own arguments are understood", () => {
  assertEquals(parseOptions(HELPER_ARGS), {
    ...NONE,
    vmids: { first: 1000, last: 1999 },
    peer: "1-1234-998",
  });
});

Deno.test("every option is understood, and none is needed", () => {
  assertEquals(parseOptions([]), NONE);
  assertEquals(parseOptions(["--direct", "--sudoers", "--vmids", "100-100"]), {
    ...NONE,
    direct: true,
    sudoers: true,
    vmids: { first: 100, last: 100 },
  });
});

for (const peer of ["", "x", "1-2-3-4", "1\n", "1 2", "-1", "1".repeat(21)]) {
  Deno.test(`the peer ${JSON.stringify(peer)} is not written to the log`, () => {
    assertEquals(parseOptions(["--peer", peer]).peer, null);
  });
}

for (
  const args of [
    ["--vmids"],
    ["--vmids", "1000"],
    ["--vmids", "1999-1000"],
    ["--vmids", "99-1000"],
    ["--vmids", "1000-1999 "],
    ["--vmids", "1000-9999999999"],
    ["--vmid", "1000-1999"],
    ["--help"],
    ["golden"],
  ]
) {
  Deno.test(`the arguments ${JSON.stringify(args)} are not understood`, () => {
    assertThrows(() => parseOptions(args), Error, "Cannot");
  });
}
