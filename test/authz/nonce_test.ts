import { assertEquals, assertThrows } from "@std/assert";
import { formatUtcSeconds, makeNonce, parseUtcSeconds } from "../../src/authz/mod.ts";
import { NOW } from "./support/scene.ts";

Deno.test("A nonce is a ULID: its time, then its chance", () => {
  const zeros = new Uint8Array(10);
  const ones = new Uint8Array(10).fill(255);
  assertEquals(makeNonce(0, zeros), "0".repeat(26));
  assertEquals(makeNonce(2 ** 48 - 1, ones), `7${"Z".repeat(25)}`);
  // The example of the ULID specification.
  assertEquals(makeNonce(1_469_918_176_385, zeros).slice(0, 10), "01ARYZ6S41");
  assertEquals(makeNonce(0, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 33)), `${"0".repeat(24)}11`);
});

Deno.test("A nonce takes ten random bytes and a time it can hold", () => {
  for (const length of [0, 9, 11, 16]) {
    assertThrows(() => makeNonce(NOW, new Uint8Array(length)), RangeError);
  }
  for (const at of [-1, 0.5, Number.NaN, 2 ** 48]) {
    assertThrows(() => makeNonce(at, new Uint8Array(10)), RangeError);
  }
});

Deno.test("A time is read exactly as it is written, and in no other way", () => {
  assertEquals(parseUtcSeconds("2026-11-20T10:00:00Z"), NOW);
  assertEquals(formatUtcSeconds(NOW + 999), "2026-11-20T10:00:00Z");
  for (
    const text of [
      "2026-11-20T10:00:00z",
      "2026-11-20 10:00:00Z",
      "2026-11-20T10:00Z",
      "2026-11-20T10:00:00.000Z",
      "2026-11-20T10:00:60Z",
      "2026-02-29T10:00:00Z",
      "2026-11-31T10:00:00Z",
      "+002026-11-20T10:00:00Z",
      "2026-11-20T10:00:00Z ",
      "２026-11-20T10:00:00Z",
    ]
  ) {
    assertEquals(parseUtcSeconds(text), undefined, text);
  }
});
