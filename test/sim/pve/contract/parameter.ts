import { z } from "zod";
import type { ParamValue } from "../../seam.ts";
import { checkValue } from "./check_value.ts";
import { checkFormat } from "./format.ts";
import type { ParameterSpec } from "./parameter_spec.ts";

type Bounds = Omit<ParameterSpec, "type">;

/** What every parameter's schema was made from; the test that holds them to the contract reads it. */
export const parameterSpecs = z.registry<ParameterSpec>();

/** A whole number, from text or from a JSON number. */
export function integer(bounds: Bounds = {}) {
  return parameter({ type: "integer", ...bounds }, Number);
}

/** A number, kept as the text it came as: Proxmox stores and returns it so (`cpulimit: "0.5"`). */
export function number(bounds: Bounds = {}) {
  return parameter({ type: "number", ...bounds }, String);
}

/** Form text `0` or `1`, or a JSON boolean (FACTS §1.4). */
export function boolean(bounds: Bounds = {}) {
  return parameter(
    { type: "boolean", ...bounds },
    (value) => value === true || String(value) === "1",
  );
}

/** A text, as it came. */
export function text(bounds: Bounds = {}) {
  return parameter({ type: "string", ...bounds }, String);
}

/** A text out of a list. */
export function oneOf<const V extends string>(values: readonly V[], bounds: Bounds = {}) {
  return parameter({ type: "string", ...bounds, enum: values }, (value): V => {
    const known = values.find((known) => known === String(value));
    if (known === undefined) throw new Error(`Cannot decode "${value}": the check let it pass`);
    return known;
  });
}

/** A list of texts. A single text has been wrapped before (FACTS §1.4). */
export function texts() {
  return parameter(
    { type: "array" },
    (value) => Array.isArray(value) ? value.map(String) : [],
  );
}

/** A schema for one parameter; its issues carry Proxmox's texts, one level deep for property strings. */
function parameter<T>(spec: ParameterSpec, decode: (value: ParamValue) => T) {
  const schema = z.custom<ParamValue | undefined>().transform((value, context): T => {
    if (value === undefined) {
      context.addIssue({ code: "custom", message: MISSING });
      return z.NEVER;
    }
    const problems = checkValue(spec, value, checkFormat);
    for (const { key, text } of problems) {
      context.addIssue({ code: "custom", message: text, path: key === undefined ? [] : [key] });
    }
    return problems.length === 0 ? decode(value) : z.NEVER;
  });
  parameterSpecs.add(schema, spec);
  return schema;
}

const MISSING = "property is missing and it is not optional";
