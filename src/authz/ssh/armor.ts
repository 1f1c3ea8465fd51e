import { Refusal } from "./refusals.ts";

/**
 * Characters of an armored signature. ssh-mldsa44-ed25519, the longest, takes about 5,400.
 */
export const ARMOR_LIMIT = 8192;

/** First line of an armored signature, its newline apart. */
export const ARMOR_BEGIN = "-----BEGIN SSH SIGNATURE-----";
/** Last line of an armored signature. */
export const ARMOR_END = "-----END SSH SIGNATURE-----";

/** Lines of any length, blanks between: tools differ, and mail and editors break lines anew. */
const ARMORED = new RegExp(
  `^${ARMOR_BEGIN}\n([A-Za-z0-9+/= \t\r\n]*)\n${ARMOR_END}[ \t\r\n]*$`,
);

/**
 * The bytes of an armored signature: PEM-like, base64 and blanks between a first line that ends in
 * a newline alone and a last one, nothing before them, and blanks at most after them.
 *
 * @throws {Refusal} `signature_size` before anything is decoded, `armor`
 */
export function decodeArmor(armored: string): Uint8Array<ArrayBuffer> {
  if (armored.length > ARMOR_LIMIT) {
    throw new Refusal(
      "signature_size",
      `It has ${armored.length} characters; at most ${ARMOR_LIMIT} are read`,
    );
  }
  const [, lines] = ARMORED.exec(armored) ?? [];
  if (lines === undefined) {
    if (armored.startsWith(`${ARMOR_BEGIN}\r`)) {
      throw new Refusal("armor", "Its lines end in CR and LF, which ssh-keygen does not write");
    }
    throw new Refusal("armor", `It is not lines of base64 between "${ARMOR_BEGIN}" and its end`);
  }
  const bytes = decodeBase64(lines.replaceAll(/[ \t\r\n]+/g, ""));
  if (bytes === undefined) throw new Refusal("armor", "Its lines are not base64 in its one form");
  return bytes;
}

/**
 * The bytes of base64 text with its padding, without blanks, bits that say nothing being zero;
 * `undefined` when it is anything else.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  // The decoder would skip blanks.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
