import { describeFound } from "../../config/found.ts";
import { isList, type Json, type JsonObject } from "../../config/json.ts";
import type { Finding } from "../../config/problem.ts";
import type { Findings } from "./findings.ts";

/** How one value of the document is read. */
export interface Field<T> {
  /** For the message: what may stand there. */
  readonly allowed: string;
  /** The value, or `undefined` when it may not stand there. */
  readonly read: (value: Json) => T | undefined;
}

/**
 * One object of a document, read key by key: what is wrong is collected, and `undefined` stands for
 * it. Each key that nobody asked for is wrong too.
 */
export class Section {
  readonly #path: readonly string[];
  readonly #object: JsonObject;
  readonly #findings: Findings;
  readonly #asked = new Set<string>();

  constructor(object: JsonObject, path: readonly string[], findings: Findings) {
    this.#object = object;
    this.#path = path;
    this.#findings = findings;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#object);
  }

  /** A value that may be absent. */
  take<T>(key: string, field: Field<T>): T | undefined {
    this.#asked.add(key);
    const found = this.#object[key];
    if (found === undefined) return undefined;
    const value = field.read(found);
    if (value === undefined) {
      this.wrong(key, { found: describeFound(found), allowed: field.allowed });
    }
    return value;
  }

  /** A value that has to be there. */
  need<T>(key: string, field: Field<T>, reason = "Not set"): T | undefined {
    if (this.#object[key] === undefined) {
      this.#asked.add(key);
      this.wrong(key, { reason, allowed: field.allowed });
      return undefined;
    }
    return this.take(key, field);
  }

  /** An object inside this one that may be absent. */
  section(key: string): Section | undefined {
    const object = this.take(key, OBJECT);
    return object === undefined
      ? undefined
      : new Section(object, [...this.#path, key], this.#findings);
  }

  /** An object inside this one that has to be there. */
  needSection(key: string): Section | undefined {
    const object = this.need(key, OBJECT);
    return object === undefined
      ? undefined
      : new Section(object, [...this.#path, key], this.#findings);
  }

  /** Says what is wrong with one key. */
  wrong(key: string, what: Omit<Finding, "path" | "where">): void {
    this.#findings.add([...this.#path, key], what);
  }

  /** Says of each key that nobody asked for that it is none. */
  refuseOthers(what: (key: string) => Omit<Finding, "path" | "where">): void {
    for (const key of this.keys) {
      if (!this.#asked.has(key)) this.wrong(key, what(key));
    }
  }
}

const OBJECT: Field<JsonObject> = {
  allowed: "an object",
  read: (value) =>
    typeof value === "object" && value !== null && !isList(value) ? value : undefined,
};
