import { createHash } from "node:crypto";
import type { KeyType } from "./key_type.ts";
import type { PublicKey } from "./public_key.ts";
import { Refusal } from "./refusals.ts";
import type { SignerOptions } from "./signer_options.ts";
import { parseSignerLine } from "./signer_line.ts";
import { SignersError, type SignersProblem } from "./signers_error.ts";
import { sameBytes } from "./wire.ts";

/** What signers may be for. */
export type SignerRole = "operational" | "recovery";

/** Somebody who may sign: a line of a signers file. */
export interface Signer extends SignerOptions {
  readonly role: SignerRole;
  /** Plain names, at least one, each once, in the order of the line. */
  readonly principals: readonly string[];
  /** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
  readonly keyDigest: string;
  readonly type: KeyType;
  /** Counted from 1. */
  readonly line: number;
  readonly key: PublicKey;
}

/** Who may sign in a role. */
export interface AllowedSigners {
  readonly role: SignerRole;
  /** Where the text comes from, for messages. */
  readonly file: string;
  /** `sha256:` and hex digits: of the text's bytes, as `sha256sum` prints it. */
  readonly digest: string;
  /** In the order of the file, each key once. */
  readonly signers: readonly Signer[];
  /** The signer with this key, given as SSH writes it. */
  find(keyBlob: Uint8Array): Signer | undefined;
}

export interface ParseAllowedSignersOptions {
  /** Where the text comes from, for messages. */
  readonly file: string;
  readonly role: SignerRole;
}

/** Characters of a signers file: some hundred keys. */
const LONGEST_FILE = 65_536;
/** What moves a cursor, hides or reorders, or is not for everybody to type: all but ASCII. */
const FORBIDDEN = /[^\t\x20-\x7e]/;

/**
 * Reads a file in the format of OpenSSH's allowed_signers. What is not understood to the last
 * character is refused, and so is everything that would make it unclear who may sign what
 * (see {@linkcode REFUSALS}). Lines end with LF or CRLF; empty ones and those whose first character
 * is `#` say nothing. A file without signers is valid.
 *
 * @throws {SignersError} with every line that is refused
 */
export function parseAllowedSigners(
  text: string,
  { file, role }: ParseAllowedSignersOptions,
): AllowedSigners {
  if (text.length > LONGEST_FILE) {
    const message = `It has ${text.length} characters; at most ${LONGEST_FILE} are read`;
    throw new SignersError(file, [{ line: 0, reason: "signers_size", message }]);
  }
  const signers: Signer[] = [];
  const problems: SignersProblem[] = [];
  const find = (keyBlob: Uint8Array) => signers.find(({ key }) => sameBytes(key.blob, keyBlob));
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    try {
      if (FORBIDDEN.test(content)) {
        throw new Refusal("characters", "It has characters that are not printable ASCII");
      }
      if (/^[ \t]*(?:#|$)/.test(content)) continue;
      const { principals, options, key } = parseSignerLine(content);
      const { type, digest: keyDigest } = key;
      const earlier = find(key.blob);
      if (earlier !== undefined) {
        throw new Refusal("key_twice", `Its key ${keyDigest} is that of line ${earlier.line}`);
      }
      signers.push({ role, principals, keyDigest, type, line, key, ...options });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push({ line, reason: error.reason, message: error.message });
    }
  }
  if (problems.length > 0) throw new SignersError(file, problems);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  return { role, file, digest, signers, find };
}

/**
 * Refuses sets of signers that share a key: nobody may be in both roles.
 *
 * @throws {SignersError} naming file and line of `one` for each shared key
 */
export function assertDisjointSigners(one: AllowedSigners, other: AllowedSigners): void {
  const problems = one.signers.flatMap(({ key, keyDigest, line }): SignersProblem[] => {
    const same = other.find(key.blob);
    if (same === undefined) return [];
    const message = `Its key ${keyDigest} is that of ${other.file}:${same.line}, in another role`;
    return [{ line, reason: "key_twice", message }];
  });
  if (problems.length > 0) throw new SignersError(one.file, problems);
}
