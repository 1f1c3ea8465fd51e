import type { ParameterSpec } from "./parameter_spec.ts";
import { checkValue } from "./check_value.ts";
import type { PropertyFormat } from "./property_formats.ts";

/** Something wrong with a value; `key` names the part of a property string that it is about. */
export interface Problem {
  readonly key?: string;
  readonly text: string;
}

/** Checks a text against a format; passed in, because formats and property strings nest. */
export type FormatCheck = (
  format: NonNullable<ParameterSpec["format"]>,
  text: string,
) => readonly Problem[];

/**
 * What is wrong with a property string as `net0` or `features` are. Problems without a key end
 * the reading; those with one are collected over all keys, as in `PVE::JSONSchema`.
 */
export function problemsOfPropertyString(
  format: PropertyFormat,
  text: string,
  checkFormat: FormatCheck,
): readonly Problem[] {
  const parts = readPropertyString(format, text);
  if (typeof parts === "string") return [{ text: parts }];
  const problems: Problem[] = [];
  for (const [key, spec] of Object.entries(format)) {
    const value = parts.get(key);
    if (value === undefined) {
      if (spec.optional !== true) {
        problems.push({ key, text: "property is missing and it is not optional" });
      }
      continue;
    }
    const text = checkValue(spec, value, checkFormat)
      .map((problem) => problem.text)
      .at(0);
    if (text !== undefined) problems.push({ key, text });
  }
  for (const key of parts.keys()) {
    if (format[key] === undefined) problems.push({ key, text: UNKNOWN_PROPERTY });
  }
  return problems;
}

export const UNKNOWN_PROPERTY =
  "property is not defined in schema and the schema does not allow additional properties";

/** The keys and values of a property string, or why it has none. Booleans become `0` and `1`. */
export function readPropertyString(
  format: PropertyFormat,
  text: string,
): Map<string, string> | string {
  const defaultKey = Object.entries(format).find(([, spec]) => spec.default_key === true)?.[0];
  const parts = new Map<string, string>();
  let usedDefault = false;
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const pair = /^([^=]+)=([^]+)$/.exec(part);
    if (pair !== null) {
      const [, key = "", value = ""] = pair;
      if (parts.has(key)) return `duplicate key in comma-separated list property: ${key}`;
      parts.set(key, format[key]?.type === "boolean" ? readBoolean(value) : value);
      continue;
    }
    if (part.includes("=")) return "missing key in comma-separated list property";
    if (defaultKey === undefined) {
      return "value without key, but schema does not define a default key";
    }
    if (usedDefault || parts.has(defaultKey)) {
      return `duplicate key in comma-separated list property: ${defaultKey}`;
    }
    usedDefault = true;
    parts.set(defaultKey, part);
  }
  return parts;
}

function readBoolean(value: string): string {
  if (/^(?:1|on|yes|true)$/i.test(value)) return "1";
  if (/^(?:0|off|no|false)$/i.test(value)) return "0";
  return value;
}
