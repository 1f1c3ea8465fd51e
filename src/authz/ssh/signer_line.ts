import { decodeBase64 } from "./armor.ts";
import { isKeyType } from "./key_type.ts";
import { type PublicKey, readPublicKey } from "./public_key.ts";
import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";
import { parseSignerOptions, type SignerOptions } from "./signer_options.ts";

/** A line of signers, taken apart. */
export interface SignerLine {
  readonly principals: readonly string[];
  readonly options: SignerOptions;
  readonly key: PublicKey;
}

/** Characters of base64 of a key. ssh-mldsa44-ed25519, the longest, takes 1,844. */
const LONGEST_KEY = 2048;

const TYPE = /^[A-Za-z][A-Za-z0-9@.-]*$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const PRINCIPAL = /^[A-Za-z0-9][A-Za-z0-9@._+-]{0,127}$/;

/**
 * Takes apart a line that is neither empty nor a comment: principals, options, key.
 *
 * @throws {Refusal} with the reason
 */
export function parseSignerLine(line: string): SignerLine {
  const [principals, afterPrincipals] = takeField(line);
  const [second, afterSecond] = takeField(afterPrincipals);
  const [third, afterThird] = takeField(afterSecond);
  // Behind a type comes base64, and base64 has no hyphen as every type has.
  const hasOptions = !(TYPE.test(second) && BASE64.test(third));
  const options = hasOptions ? second : "";
  const type = hasOptions ? third : second;
  const base64 = hasOptions ? takeField(afterThird)[0] : third;
  if (!TYPE.test(type) || !BASE64.test(base64)) {
    throw new Refusal("line", "It is not principals, options, key type and key");
  }
  return {
    principals: parsePrincipals(principals),
    options: parseSignerOptions(options),
    key: parseKey(type, base64),
  };
}

/**
 * What stands before the next blank, and the rest behind it. Blanks in double quotes belong to the
 * field, where `\"` does not end it. One look at each character: no text keeps it busy.
 */
function takeField(line: string): readonly [field: string, rest: string] {
  const text = line.replace(/^[ \t]+/, "");
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\" && text[at + 1] === '"') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === " " || character === "\t")) {
      return [text.slice(0, at), text.slice(at)];
    }
  }
  return [text, ""];
}

function parsePrincipals(list: string): readonly string[] {
  const principals = list.split(",");
  const seen = new Set<string>();
  for (const name of principals) {
    if (/[*?!]/.test(name)) {
      throw new Refusal("principal_pattern", `${quoted(name)} is a pattern, not a principal`);
    }
    if (!PRINCIPAL.test(name)) {
      throw new Refusal("principal", `${quoted(name)} is no principal: letters, digits, @ . _ + -`);
    }
    if (seen.has(name)) throw new Refusal("principal", `${quoted(name)} is there twice`);
    seen.add(name);
  }
  return principals;
}

function parseKey(type: string, base64: string): PublicKey {
  if (!isKeyType(type)) throw new Refusal("key_type", `A key of type ${quoted(type)} cannot sign`);
  if (base64.length > LONGEST_KEY) {
    throw new Refusal("signers_size", `Its key has ${base64.length} characters`);
  }
  const blob = decodeBase64(base64);
  if (blob === undefined) throw new Refusal("key", "Its key is not base64 in its one form");
  const key = readPublicKey(blob);
  if (key.type === type) return key;
  throw new Refusal("key", `It says ${type}, but its key is of type ${key.type}`);
}
