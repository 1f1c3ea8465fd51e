import { Refusal } from "./refusals.ts";

/**
 * Characters of an armored signature. RSA with 4096 bits, the longest, takes about 1,600.
 */
export const ARMOR_LIMIT = 4096;

/** First line of an armored signature, its newline apart. */
export const ARMOR_BEGIN = "-----BEGIN SSH SIGNATURE-----";
/** Last line of an armored signature. */
export const ARMOR_END = "-----END SSH SIGNATURE-----";

/** ssh-keygen writes 70 to a line; PROTOCOL.sshsig asks for 76 at most. */
const ARMORED = new RegExp(
  `^${ARMOR_BEGIN}\n((?:[A-Za-z0-9+/=]{1,76}\n)+)${ARMOR_END}\n?$`,
);

/**
 * The bytes of an armored signature: PEM-like, lines ended by a newline alone, at most 76
 * characters of base64 in each, nothing before, between or after.
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
    throw new Refusal("armor", `It is not lines of base64 between "${ARMOR_BEGIN}" and its end`);
  }
  const bytes = decodeBase64(lines.replaceAll("\n", ""));
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
