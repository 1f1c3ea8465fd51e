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
 * `cat op.json op.json.sig` makes it. Nothing but blanks may stand between and after signatures.
 *
 * @throws {FelhomError} `authz.too_large`, `authz.unsigned`, `authz.signature_malformed`,
 * `authz.wrong_encoding` for UTF-16, `authz.other_rendering` for a document without its last newline
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
  if (start === undefined) return withoutSignature(text);
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
    rest = rest.slice(end + ARMOR_END.length).replace(/^[ \t\r\n]+/, "");
  }
  return { document: stream.slice(0, start), signatures };
}

const SIGN_IT = "Sign it with: ssh-keygen -Y sign -n felhom-op-v1 -f KEY op.json, and give " +
  "document and signatures in one stream: cat op.json op.json.sig";

/** What is wrong with a stream in which no line opens a signature. */
function withoutSignature(text: string): never {
  // A line end follows: within a document there is none, whatever its reason speaks of.
  const opens = new RegExp(`${ARMOR_BEGIN}[\r\n]`);
  if (text.includes("\0") && opens.test(text.replaceAll("\0", ""))) {
    refuse(
      "authz.wrong_encoding",
      "The document and its signatures are UTF-16, as PowerShell pipes and redirects text",
      "Give the files as they are: cmd /c type op.json op.json.sig, or copy both to the host.",
    );
  }
  if (opens.test(text)) {
    refuse(
      "authz.other_rendering",
      "The document does not end in a newline, as it does when it is made",
      "Make and sign it anew, and do not save it from an editor: felhom-agent op new",
    );
  }
  return refuse("authz.unsigned", "The document comes without a signature", SIGN_IT);
}

/** Where the first line begins that opens a signature. */
function startOfArmor(text: string): number | undefined {
  if (text.startsWith(ARMOR_BEGIN)) return 0;
  const found = text.indexOf(`\n${ARMOR_BEGIN}`);
  return found < 0 ? undefined : found + 1;
}
