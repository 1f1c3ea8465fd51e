import { quoted } from "./quoted.ts";
import { Refusal } from "./refusals.ts";
import { parseSignerTime } from "./signer_time.ts";

/** What a line of signers allows its key. */
export interface SignerOptions {
  /** Plain names, at least one. */
  readonly namespaces: readonly string[];
  /** Seconds since the epoch; the key is valid from then on, then included. */
  readonly validAfter?: number;
  /** Seconds since the epoch; the key is valid until then, then included. */
  readonly validBefore?: number;
}

/** No blank, and nothing that makes a pattern. */
const NAMESPACE = /^[\x22-\x29+\x2d-\x3e\x40-\x7e]+$/;

/**
 * Reads the options of a line: `namespaces="…",valid-after="…",valid-before="…"`, each once,
 * names in either case, values in double quotes with `\"` for a quote, as OpenSSH reads them.
 *
 * @throws {Refusal} `option`, `option_empty`, `cert_authority`, `namespaces_missing`, `namespace_name`, `time`,
 * `time_zone`, `time_window`
 */
export function parseSignerOptions(text: string): SignerOptions {
  const values = splitOptions(text);
  const namespaces = values.get("namespaces");
  if (namespaces === undefined) {
    throw new Refusal("namespaces_missing", 'It has no namespaces="felhom-op-v1"');
  }
  const after = values.get("valid-after");
  const before = values.get("valid-before");
  const validAfter = after === undefined ? undefined : parseSignerTime(after);
  const validBefore = before === undefined ? undefined : parseSignerTime(before);
  if (validAfter !== undefined && validBefore !== undefined && validBefore <= validAfter) {
    throw new Refusal("time_window", "Its valid-before is not after its valid-after");
  }
  return {
    namespaces: parseNamespaces(namespaces),
    ...(validAfter === undefined ? {} : { validAfter }),
    ...(validBefore === undefined ? {} : { validBefore }),
  };
}

function splitOptions(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const option = /([A-Za-z-]+)(?:="((?:\\(?:"|(?!"))|[^"\\])*)")?(,(?!$)|$)/y;
  while (option.lastIndex < text.length) {
    const rest = text.slice(option.lastIndex);
    const [, written, value] = option.exec(text) ?? [];
    const name = written?.toLowerCase();
    if (rest.startsWith(",")) {
      throw new Refusal("option_empty", "It has a comma with no option before it");
    }
    if (name === "cert-authority" && value === undefined) {
      throw new Refusal("cert_authority", "Keys that vouch for other keys are not taken");
    }
    if (name !== "namespaces" && name !== "valid-after" && name !== "valid-before") {
      throw new Refusal(
        "option",
        `It has an option that is not known or not in quotes: ${quoted(rest)}`,
      );
    }
    if (value === undefined) throw new Refusal("option", `It has ${name} without a value`);
    if (values.has(name)) throw new Refusal("option", `It has ${name} more than once`);
    values.set(name, value.replaceAll('\\"', '"'));
  }
  return values;
}

function parseNamespaces(list: string): readonly string[] {
  return list.split(",").map((name) => {
    if (NAMESPACE.test(name)) return name;
    throw new Refusal("namespace_name", `${quoted(name)} is not the plain name of a namespace`);
  });
}
