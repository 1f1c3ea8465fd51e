import { z } from "zod";
import type { ParamValue } from "../../seam.ts";
import { badParameters } from "../pve_error.ts";
import { parameterSpecs } from "./parameter.ts";
import type { ParameterSpec } from "./parameter_spec.ts";
import { UNKNOWN_PROPERTY } from "./property_string.ts";

/** Parameters as they came, URL ones included. */
export type RawParams = Readonly<Record<string, ParamValue>>;

/**
 * Verifies parameters against an endpoint's schema and decodes them, with the texts of
 * `PVE::JSONSchema::validate`, all of them at once (FACTS §1.3).
 *
 * @throws {PveError} 400 with `errors`
 */
export function verify<S extends z.ZodObject>(schema: S, raw: RawParams): z.output<S> {
  const result = schema.safeParse(normalise(schema, raw));
  const errors = new Map<string, string>();
  const add = (name: string, text: string) => {
    const before = errors.get(name);
    // A literal backslash and n: Perl's single quotes do not make a newline of it.
    errors.set(name, before === undefined ? text : `${before}\\n${text}`);
  };
  for (const issue of result.error?.issues ?? []) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) add(key, UNKNOWN_PROPERTY);
      continue;
    }
    const [name, key] = issue.path.map(String);
    if (name === undefined) continue;
    if (key === undefined) add(name, issue.message);
    else {
      const before = errors.get(name) ?? "invalid format - format error\n";
      errors.set(name, `${before}${name}.${key}: ${issue.message}\n`);
    }
  }
  for (const [name, needed] of missingCompanions(schema, raw)) {
    add(needed, `missing property - '${name}' requires this property`);
  }
  if (!result.success || errors.size > 0) throw badParameters(Object.fromEntries(errors));
  return result.data;
}

/** The specification a schema was made from, optional or not. */
export function specOf(schema: z.core.$ZodType): ParameterSpec | undefined {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return parameterSpecs.get(inner);
}

/**
 * Arrays for `-list` formats are joined, texts for arrays wrapped (FACTS §1.4). JSON null is no
 * value, but the parameter counts as given (capture http-put-json-null).
 */
function normalise(schema: z.ZodObject, raw: RawParams): Record<string, ParamValue | undefined> {
  const entries = Object.entries(raw).flatMap(([name, value]): [
    string,
    ParamValue | undefined,
  ][] => {
    const known = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    const spec = known === undefined ? undefined : specOf(known);
    if (spec === undefined) return [[name, value]];
    if (value === null) return [[name, undefined]];
    const isList = typeof spec.format === "string" && spec.format.endsWith("-list");
    if (isList && Array.isArray(value)) return [[name, value.join(",")]];
    if (spec.type === "array" && !Array.isArray(value)) return [[name, [value]]];
    return [[name, value]];
  });
  return Object.fromEntries(entries);
}

function* missingCompanions(schema: z.ZodObject, raw: RawParams): Generator<[string, string]> {
  for (const [name, value] of Object.entries(raw)) {
    const known = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    const needed = known === undefined ? undefined : specOf(known)?.requires;
    if (needed === undefined || value === null || value === undefined) continue;
    if (raw[needed] === undefined || raw[needed] === null) yield [name, needed];
  }
}
