import type { ParamValue } from "../seam.ts";

const AT = "at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.\n";

/**
 * Reads JSON as Perl's JSON::XS does, which is strict: what it accepts `JSON.parse` accepts.
 *
 * @throws {SyntaxError} with the text JSON::XS dies with, which pveproxy sends as it is
 *   (`http-put-json-bad`)
 */
export function decodePerlJson(text: string): ParamValue {
  try {
    return JSON.parse(text);
  } catch {
    const { message, at } = new Diagnosis(text).find();
    const rest = text.slice(at, at + 20);
    const before = rest === "" ? "(end of string)" : rest;
    throw new SyntaxError(`${message}, at character offset ${at} (before "${before}") ${AT}`);
  }
}

/** Where a text stops being JSON, in the words of JSON::XS. */
interface Fault {
  readonly message: string;
  readonly at: number;
}

const NO_VALUE = "malformed JSON string, neither tag, array, object, number, string or atom";

/** Walks text that is known to be no JSON up to the place where it is wrong. */
class Diagnosis {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  find(): Fault {
    return this.#value() ?? (this.#skip(), this.#fault("garbage after JSON object"));
  }

  #value(): Fault | undefined {
    this.#skip();
    const char = this.#text[this.#at];
    if (char === "{") return this.#object();
    if (char === "[") return this.#array();
    if (char === '"') return this.#string();
    if (char !== undefined && /[-0-9]/.test(char)) return this.#number();
    for (const atom of ["true", "false", "null"]) {
      if (char === atom[0]) return this.#atom(atom);
    }
    return this.#fault(NO_VALUE);
  }

  #object(): Fault | undefined {
    this.#at++;
    this.#skip();
    if (this.#take("}")) return undefined;
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] !== '"') return this.#fault("'\"' expected");
      const key = this.#string();
      if (key !== undefined) return key;
      this.#skip();
      if (!this.#take(":")) return this.#fault("':' expected");
      const value = this.#value();
      if (value !== undefined) return value;
      this.#skip();
      if (this.#take("}")) return undefined;
      if (!this.#take(",")) return this.#fault(", or } expected while parsing object/hash");
    }
  }

  #array(): Fault | undefined {
    this.#at++;
    this.#skip();
    if (this.#take("]")) return undefined;
    for (;;) {
      const value = this.#value();
      if (value !== undefined) return value;
      this.#skip();
      if (this.#take("]")) return undefined;
      if (!this.#take(",")) return this.#fault(", or ] expected while parsing array");
    }
  }

  #string(): Fault | undefined {
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const char = this.#text.charAt(this.#at);
      if (char === '"') {
        this.#at++;
        return undefined;
      }
      if (char < " ") {
        const code = char.charCodeAt(0).toString(16).toUpperCase();
        return this.#fault(`invalid character 0x${code} encountered while parsing JSON string`);
      }
      if (char !== "\\") continue;
      this.#at++;
      const escaped = this.#text.slice(this.#at, this.#at + 5);
      if (/^u[0-9a-fA-F]{4}$/.test(escaped)) this.#at += 4;
      else if (escaped[0] === "u") {
        return this.#fault("malformed or illegal unicode character in string");
      } else if (!/^["\\/bfnrt]/.test(escaped)) {
        return this.#fault("illegal backslash escape sequence in string");
      }
    }
    return this.#fault("unexpected end of string while parsing JSON string");
  }

  #number(): Fault | undefined {
    this.#take("-");
    if (this.#take("0")) {
      if (this.#digits()) {
        return this.#fault("malformed number (leading zero must not be followed by another digit)");
      }
    } else if (!this.#digits()) {
      return this.#fault("malformed number (no digits after initial minus)");
    }
    if (this.#take(".") && !this.#digits()) {
      return this.#fault("malformed number (no digits after decimal point)");
    }
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      if (!this.#digits()) return this.#fault("malformed number (no digits after exp sign)");
    }
    return undefined;
  }

  #atom(atom: string): Fault | undefined {
    if (this.#text.startsWith(atom, this.#at)) {
      this.#at += atom.length;
      return undefined;
    }
    return this.#fault(`'${atom}' expected`);
  }

  #digits(): boolean {
    const start = this.#at;
    while (/[0-9]/.test(this.#text.charAt(this.#at))) this.#at++;
    return this.#at > start;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    while (/[ \t\r\n]/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #fault(message: string): Fault {
    return { message, at: this.#at };
  }
}
