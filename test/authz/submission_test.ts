import { assertEquals } from "@std/assert";
import { splitSubmission, SUBMISSION_LIMIT } from "../../src/authz/mod.ts";
import { openPeople } from "./support/people.ts";
import { bytes, codeOf, draft } from "./support/scene.ts";

const { anna, bela } = await openPeople();
const GOOD = draft();
const ANNA = await anna.sign(GOOD);
const BELA = await bela.sign(GOOD);

Deno.test("A stream is taken apart into the exact document and its signatures", () => {
  for (const between of ["", "\n", "\r\n\r\n", " \t\n"]) {
    assertEquals(splitSubmission(bytes(GOOD + ANNA + between + BELA)), {
      document: bytes(GOOD),
      signatures: [ANNA, BELA],
    });
  }
  assertEquals(splitSubmission(bytes(GOOD + ANNA.trimEnd())).signatures, [ANNA]);
});

Deno.test("A document is kept byte for byte, whatever its bytes are", () => {
  const odd = Uint8Array.of(0, 0xff, 0xc3, 0x28, 0xe2, 0x80, 0xae, 10);
  assertEquals(splitSubmission(Uint8Array.of(...odd, ...bytes(ANNA))).document, odd);
});

Deno.test("A document whose text speaks of a signature does not end there", () => {
  const text = draft().replace("contract ended", "-----BEGIN SSH SIGNATURE-----");
  assertEquals(splitSubmission(bytes(text + ANNA)).document, bytes(text));
});

const REFUSED: Readonly<Record<string, readonly [stream: string, code: string]>> = {
  "of nothing": ["", "authz.unsigned"],
  "of a document alone": [GOOD, "authz.unsigned"],
  "of a document alone that speaks of a signature": [
    draft().replace("contract ended", "see }-----BEGIN SSH SIGNATURE-----"),
    "authz.unsigned",
  ],
  "whose document lost its last newline": [
    GOOD.trimEnd() + ANNA,
    "authz.other_rendering",
  ],
  "that is too long": [" ".repeat(SUBMISSION_LIMIT + 1), "authz.too_large"],
  "with something between the signatures": [
    `${GOOD}${ANNA}x\n${BELA}`,
    "authz.signature_malformed",
  ],
  "with something after the signatures": [`${GOOD}${ANNA}x`, "authz.signature_malformed"],
  "whose signature never ends": [GOOD + ANNA.slice(0, 80), "authz.signature_malformed"],
};

for (const [what, [stream, code]] of Object.entries(REFUSED)) {
  Deno.test(`A stream ${what} is refused: ${code}`, () => {
    assertEquals(codeOf(() => splitSubmission(bytes(stream))), code);
  });
}

Deno.test("What PowerShell makes of document and signature is told as that", () => {
  const text = `\ufeff${(GOOD + ANNA).replaceAll("\n", "\r\n")}`;
  const littleEndian = new Uint8Array([...text].flatMap((character) => {
    const code = character.charCodeAt(0);
    return [code & 0xff, code >> 8];
  }));
  assertEquals(codeOf(() => splitSubmission(littleEndian)), "authz.wrong_encoding");
  const bigEndian = Uint8Array.of(0, ...littleEndian.subarray(0, -1));
  assertEquals(codeOf(() => splitSubmission(bigEndian)), "authz.wrong_encoding");
});
