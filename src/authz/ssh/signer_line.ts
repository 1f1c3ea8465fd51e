import { decodeBase64 } from "./armor.ts";
import { isKeyType } from "./key_type.ts";
import { type PublicKey, readPublicKey } from "./public_key.ts";
import { Refusal } from "./refusals.ts";
import { parseSignerOptions, type SignerOptions } from "./signer_options.ts";

/** A line of signers, taken apart. */
export interface SignerLine {
  readonly principals: readonly string[];
  readonly options: SignerOptions;
  readonly key: PublicKey;
}

/** Characters of base64 of a key. RSA with 4096 bits, the longest, takes about 720. */
const LONGEST_KEY = 2048;

/**
 * Principals, options, key type, key, and a comment that says nothing. Blanks within quotes belong
 * to the option.
 */
const LINE =
  /^[ \t]*([^ \t]+)[ \t]+(?:((?:"(?:\\"|[^"])*"|[^ \t"])+)[ \t]+)??([a-z][a-z0-9@.-]*)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t].*)?$/;

const PRINCIPAL = /^[A-Za-z0-9][A-Za-z0-9@._+-]{0,127}$/;

/**
 * Takes apart a line that is neither empty nor a comment: principals, options, key.
 *
 * @throws {Refusal} with the reason
 */
export function parseSignerLine(line: string): SignerLine {
  const [, principals, options, type, base64] = LINE.exec(line) ?? [];
  if (principals === undefined || type === undefined || base64 === undefined) {
    throw new Refusal("line", "It is not principals, options, key type and key");
  }
  return {
    principals: parsePrincipals(principals),
    options: parseSignerOptions(options ?? ""),
    key: parseKey(type, base64),
  };
}

function parsePrincipals(list: string): readonly string[] {
  const principals = list.split(",");
  for (const [index, name] of principals.entries()) {
    if (/[*?!]/.test(name)) {
      throw new Refusal("principal_pattern", `"${name}" is a pattern, not a principal`);
    }
    if (!PRINCIPAL.test(name)) {
      throw new Refusal("principal", `"${name}" is no principal: letters, digits, @ . _ + -`);
    }
    if (principals.indexOf(name) !== index) {
      throw new Refusal("principal", `"${name}" is there twice`);
    }
  }
  return principals;
}

function parseKey(type: string, base64: string): PublicKey {
  if (!isKeyType(type)) throw new Refusal("key_type", `A key of type "${type}" cannot sign`);
  if (base64.length > LONGEST_KEY) {
    throw new Refusal("signers_size", `Its key has ${base64.length} characters`);
  }
  const blob = decodeBase64(base64);
  if (blob === undefined) throw new Refusal("key", "Its key is not base64 in its one form");
  const key = readPublicKey(blob);
  if (key.type === type) return key;
  throw new Refusal("key", `It says ${type}, but its key is of type ${key.type}`);
}
