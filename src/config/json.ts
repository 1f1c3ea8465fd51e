/**
 * JSON with the line of every value. `JSON.parse` quotes the text around a mistake in its message,
 * which may be the token, seldom says where it is, and lets the last of two equal keys win.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** Made without a prototype, so that `__proto__` is a key like any other. */
export interface JsonObject {
  [key: string]: Json;
}

/** A mistake in the text. The message never quotes the text. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters. */
  readonly column: number;

  constructor(message: string, text: string, offset: number) {
    super(message);
    const before = text.slice(0, offset).split("\n");
    this.line = before.length;
    this.column = [...before.at(-1) ?? ""].length + 1;
  }
}

export interface JsonDocument {
  readonly value: Json;
  /** Line of the value at a path such as `proxmox.tls.fingerprint`. */
  readonly lines: ReadonlyMap<string, number>;
}

const DEPTH = 16;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING_PART = /[^"\\\p{Cc}]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy;
const WORDS: readonly (readonly [string, Json])[] = [["true", true], ["false", false], [
  "null",
  null,
]];

/**
 * Parses a JSON text.
 *
 * @throws {JsonSyntaxError} where the text stops being JSON, or a key occurs twice
 */
export function parseJson(text: string): JsonDocument {
  return new Parser(text).document();
}

/** The value at a path such as `proxmox.tls.fingerprint`; lists are entered by index. */
export function valueAt(tree: Json, path: string): Json | undefined {
  let value: Json | undefined = tree;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = isList(value) ? value[Number(key)] : value[key];
  }
  return value;
}

/** Whether a value is a list; `Array.isArray` does not know lists that are read only. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

class Parser {
  readonly #text: string;
  readonly #lines = new Map<string, number>();
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonDocument {
    this.#space();
    const value = this.#value([]);
    this.#space();
    if (this.#at < this.#text.length) this.#fail("Nothing may follow the closing brace");
    return { value, lines: this.#lines };
  }

  #fail(message: string, offset = this.#at): never {
    throw new JsonSyntaxError(message, this.#text, offset);
  }

  #space(): void {
    for (;; this.#at++) {
      const character = this.#text[this.#at];
      if (character === "\n") this.#line++;
      else if (character !== " " && character !== "\t" && character !== "\r") break;
    }
    if (this.#text.startsWith("//", this.#at) || this.#text.startsWith("/*", this.#at)) {
      this.#fail("JSON has no comments");
    }
  }

  #value(path: readonly string[]): Json {
    if (path.length > DEPTH) this.#fail(`Values are nested more than ${DEPTH} deep`);
    this.#lines.set(path.join("."), this.#line);
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(path);
    if (first === "[") return this.#array(path);
    if (first === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const number = this.#match(NUMBER);
    if (number !== undefined) return Number(number);
    if (first === undefined) this.#fail("The text ends where a value is expected");
    if (first === "'") this.#fail("Strings stand in double quotes");
    return this.#fail("A value is expected");
  }

  #object(path: readonly string[]): JsonObject {
    const object: JsonObject = Object.create(null);
    this.#at++;
    this.#space();
    if (this.#take("}")) return object;
    for (;;) {
      const start = this.#at;
      if (this.#text[this.#at] === "}") this.#fail("A comma stands before the closing brace");
      if (this.#text[this.#at] !== '"') this.#fail("A key in double quotes is expected");
      const key = this.#string();
      if (key in object) this.#fail("The same key occurs twice in one object", start);
      this.#space();
      if (!this.#take(":")) this.#fail("A colon is expected after the key");
      this.#space();
      object[key] = this.#value([...path, key]);
      this.#space();
      if (this.#take("}")) return object;
      if (!this.#take(",")) this.#fail('"," or "}" is expected');
      this.#space();
    }
  }

  #array(path: readonly string[]): readonly Json[] {
    const array: Json[] = [];
    this.#at++;
    this.#space();
    if (this.#take("]")) return array;
    for (;;) {
      if (this.#text[this.#at] === "]") this.#fail("A comma stands before the closing bracket");
      array.push(this.#value([...path, String(array.length)]));
      this.#space();
      if (this.#take("]")) return array;
      if (!this.#take(",")) this.#fail('"," or "]" is expected');
      this.#space();
    }
  }

  #string(): string {
    const start = this.#at++;
    while (this.#match(STRING_PART) !== undefined);
    const end = this.#text[this.#at];
    if (end === "\n" || end === undefined) this.#fail("The string is not closed", start);
    if (end === "\\") this.#fail("The string has an escape that JSON does not know");
    if (end !== '"') this.#fail("The string has a control character in it");
    this.#at++;
    return String(JSON.parse(this.#text.slice(start, this.#at)));
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}
