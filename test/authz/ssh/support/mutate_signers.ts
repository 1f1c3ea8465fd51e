import type { SeededRandom } from "../../../proxmox/support/seeded_random.ts";
import { mutateBytes, mutateText } from "./mutate.ts";

const DAY = 86_400;

/**
 * A file of signers as somebody might write it: in many forms that are right, now and then with
 * something that is not, or with a slip anywhere.
 */
export function anySignersFile(
  keyTexts: readonly string[],
  at: number,
  random: SeededRandom,
): string {
  const first = random.integer(0, keyTexts.length - 1);
  const lines = Array.from(
    { length: random.integer(1, 3) },
    (_, index) => anyLine(keyTexts[(first + index) % keyTexts.length] ?? "", at, random),
  );
  const file = lines.join(random.pick(["\n", "\n", "\r\n", "\n\n", "\n# ours\n", "\n \t\n"])) +
    random.pick(["\n", "\n", "", "\r\n", "\n\n"]);
  const chance = random.next();
  if (chance < 0.5) return file;
  return chance < 0.65 ? changeKey(file, random) : mutateText(file, random);
}

function anyLine(keyText: string, at: number, random: SeededRandom): string {
  const [type = "", base64 = ""] = keyText.split(" ");
  const gap = () => random.pick([" ", " ", "\t", "  ", " \t "]);
  const start = seldom(random, ["\ufeff", "\v", '"', "\\"]) ?? random.pick(["", "", " ", "\t"]);
  const named = seldom(random, [type.toUpperCase(), "ssh-rsa", "ecdsa"]) ?? type;
  const comments = ["", "", " at her desk", "\t# two", ' x="', " ", " \\", " ssh-rsa AAAA", ' "'];
  return start + anyPrincipals(random) + gap() + anyOptions(at, random) + gap() + named + gap() +
    base64 + random.pick(comments);
}

function anyPrincipals(random: SeededRandom): string {
  const names = [
    "anna",
    "bela@example.com",
    "c.d+e-f_g",
    "0",
    "ssh-rsa",
    "namespaces",
    "A-",
    "root",
  ];
  const first = random.integer(0, names.length - 1);
  const list = names.slice(first, first + random.integer(1, 3)).join(",");
  const odd = seldom(random, ['"', ",", "*", "!", "?", "@x", "\\", "=", '\\"', ",anna"]);
  if (odd === undefined) return list;
  return random.pick([list + odd, odd + list, `"${list}"`]);
}

function anyOptions(at: number, random: SeededRandom): string {
  const usual = [
    "",
    "git,",
    "file,",
    'a\\"b,',
    "a\\b,",
    "a#b,",
    "a=b,",
    "(a),",
    "a'b,",
    "-,",
    "a\\\\,",
  ];
  const odd = seldom(random, [",", " ", "!git,", "*,", "felhom-*,", '"', "\t,", '\\\\",']);
  const namespaces = `${odd ?? random.pick(usual)}felhom-op-v1${random.pick(["", "", ",git"])}`;
  const options = [`${random.pick(["namespaces", "NameSpaces"])}="${namespaces}"`];
  const add = (option: string) => options.splice(random.integer(0, options.length), 0, option);
  if (random.next() < 0.4) {
    const time = anyTime(at - random.integer(0, 9) * DAY, random);
    add(`${random.pick(["valid-after", "VALID-after"])}="${time}"`);
  }
  if (random.next() < 0.4) {
    const time = anyTime(at + random.integer(1, 9) * DAY, random);
    add(`${random.pick(["valid-before", "Valid-Before"])}="${time}"`);
  }
  const more = [
    "cert-authority",
    "no-touch-required",
    "",
    'namespaces="git"',
    "x",
    '"',
    "=",
    'x="y"',
  ];
  const another = seldom(random, more);
  if (another !== undefined) add(another);
  return options.join(",");
}

function anyTime(seconds: number, random: SeededRandom): string {
  const text = new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\.\d+Z/g, "");
  const digits = text.slice(0, random.pick([8, 12, 14]));
  const slip = seldom(random, [..."0123456789"]);
  const at = random.integer(0, digits.length - 1);
  const changed = slip === undefined ? digits : digits.slice(0, at) + slip + digits.slice(at + 1);
  return changed + (seldom(random, ["", "z", "UTC", " Z", "ZZ", "+1"]) ?? "Z");
}

/** A key of other bytes, or with another character of base64 somewhere. */
function changeKey(file: string, random: SeededRandom): string {
  const [key = ""] = /AAAA[A-Za-z0-9+/]{40,}={0,2}/.exec(file) ?? [];
  if (key.length % 4 === 0 && random.next() < 0.5) {
    return file.replace(key, () => mutateBytes(Uint8Array.fromBase64(key), random).toBase64());
  }
  const at = file.indexOf("AAAA") + random.integer(0, 120);
  return file.slice(0, at) + random.pick([..."ABZaz09+/= \t"]) + file.slice(at + 1);
}

/** One of what is not usual, once in a while. */
function seldom(random: SeededRandom, choices: readonly string[]): string | undefined {
  const choice = random.pick(choices);
  return random.next() < 0.03 ? choice : undefined;
}
