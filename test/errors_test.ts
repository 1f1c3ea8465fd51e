import { assert, assertEquals, assertMatch } from "@std/assert";
import { ERROR_CODES, errorEntry, EXIT, FelhomError } from "../src/errors.ts";

Deno.test("every code is a sentence, an exit code and an HTTP status", () => {
  const exits: readonly number[] = Object.values(EXIT);
  for (const code of ERROR_CODES) {
    const { exit, http, summary, reference } = errorEntry(code);
    assertMatch(code, /^[a-z]+\.[a-z_]+$/);
    assert(exits.includes(exit) && exit !== EXIT.ok, code);
    assert(http >= 400 && http < 600, code);
    assertMatch(summary, /^[A-Z].*\.$|^pveproxy .*\.$/, code);
    assertMatch(reference, /^README\.md#[a-z-]+$/, code);
    assertEquals(new FelhomError(code, "x").exitCode, exit);
  }
});

Deno.test("no two codes share a place on the reference page", () => {
  const places = ERROR_CODES.map((code) => errorEntry(code).reference);
  assertEquals(new Set(places).size, places.length);
});

Deno.test("an error may know better than the table whether it can be retried", () => {
  assertEquals(new FelhomError("proxmox.reset", "x").retry, "unknown");
  assertEquals(new FelhomError("proxmox.reset", "x", { retry: "safe" }).retry, "safe");
});
