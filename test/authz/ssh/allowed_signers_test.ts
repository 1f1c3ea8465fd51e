import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import {
  assertDisjointSigners,
  KEY_TYPES,
  parseAllowedSigners,
  type SignerRole,
  SignersError,
} from "../../../src/authz/ssh/mod.ts";
import { createTestKey } from "./support/test_key.ts";

const one = createTestKey("ssh-ed25519");
const other = createTestKey("ecdsa-sha2-nistp256");
const OPTIONS = 'namespaces="felhom-op-v1"';

function parse(text: string, role: SignerRole = "operational") {
  return parseAllowedSigners(text, { file: `signers/${role}`, role });
}

function problems(text: string): string[] {
  const error = assertThrows(() => parse(text), SignersError);
  assertEquals(error.code, "authz.signers_invalid");
  return error.problems.map(({ line, reason }) => `${line} ${reason}`);
}

Deno.test("a line says who may sign with what, for what and when", () => {
  const { signers, role, file } = parse(
    `anna@example.com,anna ${OPTIONS},valid-after="20260101Z",valid-before="202701011200Z" ` +
      `${one.text} at her desk\n`,
  );
  assertEquals({ role, file }, { role: "operational", file: "signers/operational" });
  assertEquals(signers.map(({ key, ...signer }) => ({ ...signer, blob: key.blob })), [{
    role: "operational",
    principals: ["anna@example.com", "anna"],
    keyDigest: signers[0]?.key.digest ?? "",
    type: "ssh-ed25519",
    line: 1,
    namespaces: ["felhom-op-v1"],
    validAfter: Date.UTC(2026, 0, 1) / 1000,
    validBefore: Date.UTC(2027, 0, 1, 12) / 1000,
    blob: one.blob,
  }]);
});

Deno.test("every key type that may sign is read", () => {
  const keys = KEY_TYPES.map((type) => createTestKey(type));
  const text = keys.map((key, index) => `p${index} ${OPTIONS} ${key.text}\n`).join("");
  const { signers, find } = parse(text);
  assertEquals(signers.map(({ type }) => type), [...KEY_TYPES]);
  for (const { blob, type } of keys) assertEquals(find(blob)?.type, type);
});

Deno.test("a file may be empty, have comments, blank lines, CRLF and no last newline", () => {
  assertEquals(parse("").signers, []);
  assertEquals(parse("# nobody yet\n\n \t\n").signers, []);
  const text = `# ours\r\n\r\n  anna ${OPTIONS}\t${one.text}\r\n#\r\nbela ${OPTIONS} ${other.text}`;
  assertEquals(parse(text).signers.map(({ line, principals }) => [line, ...principals]), [
    [3, "anna"],
    [5, "bela"],
  ]);
});

Deno.test("options have names in either case, several namespaces, and escaped quotes", () => {
  const [signer] = parse(`anna NAMESPACES="git,felhom-op-v1,a\\"b\\c" ${one.text}`).signers;
  assertEquals(signer?.namespaces, ["git", "felhom-op-v1", 'a"b\\c']);
});

Deno.test("times are read to the second, leap days included", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["20240229Z", Date.UTC(2024, 1, 29)],
    ["202411202359Z", Date.UTC(2024, 10, 20, 23, 59)],
    ["20241120235958Z", Date.UTC(2024, 10, 20, 23, 59, 58)],
    ["99991231Z", Date.UTC(9999, 11, 31)],
  ];
  for (const [text, ms] of cases) {
    const [signer] = parse(`anna ${OPTIONS},valid-after="${text}" ${one.text}`).signers;
    assertEquals(signer?.validAfter, ms / 1000, text);
  }
});

Deno.test("everything that is wrong is told at once, each with file and line", () => {
  const text = [
    "# ours",
    `* ${OPTIONS} ${one.text}`,
    `anna ${one.text}`,
    "",
    `bela cert-authority,${OPTIONS} ${one.text}`,
    `cili ${OPTIONS},valid-before="20270101" ${one.text}`,
    `dora ${OPTIONS} ${one.text}`,
    `emma ${OPTIONS} ${one.text}`,
  ].join("\n");
  assertEquals(problems(text), [
    "2 principal_pattern",
    "3 namespaces_missing",
    "5 cert_authority",
    "6 time_zone",
    "8 key_twice",
  ]);
  const { message } = assertThrows(() => parse(text), SignersError);
  assertStringIncludes(message, "signers/operational:6: ");
  assertStringIncludes(message, 'write "20270101Z"');
});

Deno.test("what a terminal would obey, and long text, does not come back in a message", () => {
  const lines = [
    `a\u001b[2J ${OPTIONS} ${one.text}`,
    `${"a/".repeat(10_000)} ${OPTIONS} ${one.text}`,
    `a ${"x".repeat(10_000)} ${one.text}`,
    `a ${OPTIONS} ${"x".repeat(10_000)} AAAA`,
  ];
  for (const line of lines) {
    const { message } = assertThrows(() => parse(line), SignersError);
    assertEquals(/[^\n\x20-\x7e…]/.test(message), false);
    assertEquals(message.length < 400, true, message);
  }
});

Deno.test("a key is in one role only", () => {
  const operational = parse(`anna ${OPTIONS} ${other.text}\nbela ${OPTIONS} ${one.text}`);
  const recovery = parse(`rosa ${OPTIONS} ${one.text}`, "recovery");
  const error = assertThrows(() => assertDisjointSigners(operational, recovery));
  assertInstanceOf(error, SignersError);
  assertEquals(error.problems.map(({ line, reason }) => [line, reason]), [[2, "key_twice"]]);
  assertStringIncludes(error.message, "signers/recovery:1");
  assertDisjointSigners(operational, parse("", "recovery"));
});

Deno.test("the digest of a set is the one of its bytes", () => {
  assertEquals(
    parse("#\n").digest,
    "sha256:32c4858e22cc2c967b42150fa550562a2c839c2cebcaab91cabdf6f4da020022",
  );
});
