import { DOCUMENT_LIMIT } from "./operation_document.ts";
import { refuse } from "./refuse.ts";
import { ARMOR_BEGIN, ARMOR_END, ARMOR_LIMIT } from "./ssh/mod.ts";

/** A document and the signatures over its bytes, as they came. */
export interface Submission {
  readonly document: Uint8Array;
  /** Armored. */
  readonly signatures: readonly string[];
}

/** The most signatures that are looked at: each costs a verification. */
export const MOST_SIGNATURES = 16;

/** The longest stream of a document and its signatures, in bytes. */
export const SUBMISSION_LIMIT = DOCUMENT_LIMIT + MOST_SIGNATURES * (ARMOR_LIMIT + 1);

/**
 * Takes one stream apart: a document, then one or more armored signatures, as
 * `cat op.json op.json.sig` makes it. Nothing but line ends may stand between and after them.
 *
 * @throws {FelhomError} `authz.too_large`, `authz.unsigned`, `authz.signature_malformed`
 */
export function splitSubmission(stream: Uint8Array): Submission {
  if (stream.length > SUBMISSION_LIMIT) {
    refuse(
      "authz.too_large",
      `Document and signatures have more than ${SUBMISSION_LIMIT} bytes together`,
    );
  }
  // One character a byte, so that places in the text are places in the stream.
  const text = Array.from(stream, (byte) => String.fromCharCode(byte)).join("");
  const start = startOfArmor(text);
  if (start === undefined) {
    return refuse("authz.unsigned", "The document comes without a signature", SIGN_IT);
  }
  const signatures: string[] = [];
  let rest = text.slice(start);
  while (rest !== "") {
    const end = rest.indexOf(ARMOR_END);
    if (!rest.startsWith(ARMOR_BEGIN) || end < 0) {
      refuse(
        "authz.signature_malformed",
        "There is something that is no armored signature",
        SIGN_IT,
      );
    }
    signatures.push(`${rest.slice(0, end + ARMOR_END.length)}\n`);
    rest = rest.slice(end + ARMOR_END.length).replace(/^[\r\n]+/, "");
  }
  return { document: stream.slice(0, start), signatures };
}

const SIGN_IT = "Sign it with: ssh-keygen -Y sign -n felhom-op-v1 -f KEY op.json, and give " +
  "document and signatures in one stream: cat op.json op.json.sig";

/** Where the first line begins that opens a signature. */
function startOfArmor(text: string): number | undefined {
  if (text.startsWith(ARMOR_BEGIN)) return 0;
  const found = text.indexOf(`\n${ARMOR_BEGIN}`);
  return found < 0 ? undefined : found + 1;
}
