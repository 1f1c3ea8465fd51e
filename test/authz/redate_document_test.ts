import { assertEquals } from "@std/assert";
import { parseDocument, redateDocument } from "../../src/authz/mod.ts";
import { bytes, draft, MINUTE, NOW } from "./support/scene.ts";

/** Valid for an hour. */
const TEXT = draft(undefined, { at: NOW });
const window = (text: string) => {
  const { notBefore, expiresAt } = parseDocument(bytes(text));
  return [(notBefore - NOW) / MINUTE, (expiresAt - NOW) / MINUTE];
};

Deno.test("A document that waited is valid from later on, for as long, and says the same otherwise", () => {
  const later = redateDocument(TEXT, NOW + 24 * 60 * MINUTE);
  assertEquals(window(later), [24 * 60, 25 * 60]);
  const { document: { not_before: _, expires: __, ...rest } } = parseDocument(bytes(later));
  const { document: { not_before: _a, expires: _b, ...before } } = parseDocument(bytes(TEXT));
  assertEquals(rest, before);
});

Deno.test("Two who print it within half its time sign the same bytes, and half of it is left to them", () => {
  assertEquals(redateDocument(TEXT, NOW), TEXT);
  assertEquals(redateDocument(TEXT, NOW + 30 * MINUTE - 1), TEXT);
  assertEquals(window(redateDocument(TEXT, NOW + 30 * MINUTE)), [30, 90]);
  const [one, other] = [31, 59].map((minutes) => redateDocument(TEXT, NOW + minutes * MINUTE));
  assertEquals(one, other);
});

Deno.test("A clock that was set back moves no document", () => {
  assertEquals(redateDocument(TEXT, NOW - 60 * MINUTE), TEXT);
});
