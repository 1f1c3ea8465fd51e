import { assertEquals, assertNotEquals } from "@std/assert";
import { type AuditLink, GENESIS, hashLink, sameBytes } from "../../src/state/audit_chain.ts";
import { type AuditGap, isVouched, vouchFor } from "../../src/state/audit_gaps.ts";

const LINK = { seq: 7, at: 1_000, kind: "gate.refused", body: "{}", previous: GENESIS.hash };

Deno.test("A link's hash is the same on every host and in every release", () => {
  assertEquals(
    hashLink(LINK).toHex(),
    "76db30b8018d787f4f4d096ef7b3bcc237809b37a61687e101a150b4e6739620",
  );
});

Deno.test("A link's hash is another when anything of it is another", () => {
  const hash = hashLink(LINK).toHex();
  const others: readonly Partial<typeof LINK>[] = [
    { seq: 8 },
    { at: 1_001 },
    { at: -1_000 },
    { kind: "gate.refuse" },
    { body: "[]" },
    { previous: new Uint8Array(32).fill(1) },
    // What is moved from one text to the other.
    { kind: "gate.refused{", body: "}" },
    { kind: "gate.refuse", body: "d{}" },
  ];
  for (const other of others) {
    assertNotEquals(hashLink({ ...LINK, ...other }).toHex(), hash, JSON.stringify(other));
  }
});

Deno.test("Two hashes are the same only as a whole", () => {
  const [short, long] = [Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)];
  assertEquals(
    [sameBytes(short, Uint8Array.of(1, 2)), sameBytes(short, long), sameBytes(long, short)],
    [true, false, false],
  );
  assertEquals(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
});

const bytes = (value: number) => new Uint8Array(32).fill(value);
const GAP: AuditGap = { first: 1, last: 4, previous: GENESIS.hash, hash: bytes(4) };
const GAPS = [GAP, { first: 7, last: 9, previous: bytes(6), hash: bytes(9) }];
const says = (body: unknown, kind = "audit.pruned"): AuditLink => ({
  ...{ seq: 20, at: 1, kind, previous: bytes(0), hash: bytes(0) },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

Deno.test("Gaps are vouched for by what the newest link about them says, of each of them all", () => {
  assertEquals(isVouched([], undefined), true);
  assertEquals(isVouched(GAPS, undefined), false);
  assertEquals(isVouched(GAPS, says(vouchFor(GAPS))), true);
  assertEquals(isVouched(GAPS, says(vouchFor(GAPS), "gate.refused")), false);
  assertEquals(isVouched(GAPS, says({ ...vouchFor(GAPS), gaps: 1 })), false);
  assertEquals(isVouched(GAPS, says("no JSON")), false);
  assertEquals(isVouched(GAPS, says({})), false);
  for (
    const change of [{ first: 6 }, { last: 10 }, { previous: bytes(5) }, { hash: bytes(8) }]
  ) {
    const others = GAPS.map((gap, at) => at === 1 ? { ...gap, ...change } : gap);
    assertEquals(isVouched(others, says(vouchFor(GAPS))), false, JSON.stringify(change));
  }
  assertEquals(isVouched(GAPS.toReversed(), says(vouchFor(GAPS))), false);
  assertEquals(isVouched([GAP], says(vouchFor(GAPS))), false);
});

Deno.test("What the first layouts wrote of their one gap, which began at the beginning, holds on", () => {
  const once = says({ through: 4, hash: bytes(4).toHex() });
  assertEquals(isVouched([GAP], once), true);
  assertEquals(isVouched(GAPS, once), false);
  assertEquals(isVouched([GAP], says({})), false);
  for (const change of [{ first: 2 }, { last: 5 }, { hash: bytes(5) }]) {
    assertEquals(isVouched([{ ...GAP, ...change }], once), false, JSON.stringify(change));
  }
});
