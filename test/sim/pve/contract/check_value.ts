import type { ParamValue } from "../../seam.ts";
import type { ParameterSpec } from "./parameter_spec.ts";
import { perlMatch } from "./perl_match.ts";
import type { FormatCheck, Problem } from "./property_string.ts";

/**
 * What is wrong with a value, in the order and the words of `PVE::JSONSchema::check_prop`: type,
 * format, pattern, length, bounds, enumeration; the first that fails ends the check.
 */
export function checkValue(
  spec: ParameterSpec,
  value: ParamValue,
  checkFormat: FormatCheck,
): readonly Problem[] {
  const type = checkType(spec.type, value);
  if (type !== undefined) return [{ text: type }];
  if (Array.isArray(value) || typeof value === "boolean") return [];
  const text = String(value);
  if (spec.format !== undefined) {
    const problems = checkFormat(spec.format, text);
    if (problems.length > 0) return problems.map(invalidFormat);
  }
  const bound = checkBounds(spec, text);
  return bound === undefined ? [] : [{ text: bound }];
}

function invalidFormat(problem: Problem): Problem {
  return problem.key === undefined ? { text: `invalid format - ${problem.text}\n` } : problem;
}

function checkType(type: ParameterSpec["type"], value: ParamValue): string | undefined {
  const failed = `type check ('${type}') failed`;
  const reference = referenceName(value);
  if (type === "array") return reference === "ARRAY" ? undefined : failed;
  if (reference !== undefined) {
    const isFlag = type === "boolean" && typeof value === "boolean";
    return isFlag ? undefined : `${failed} - got ${reference}`;
  }
  const text = String(value);
  const fits = {
    string: () => true,
    boolean: () => text === "0" || text === "1",
    integer: () => perlMatch("[+-]?\\d+", text),
    number: () => isNumber(text),
  }[type];
  return fits() ? undefined : `${failed} - got '${text}'`;
}

function checkBounds(spec: ParameterSpec, text: string): string | undefined {
  if (spec.pattern !== undefined && !perlMatch(spec.pattern, text)) {
    return "value does not match the regex pattern";
  }
  const length = [...text].length;
  if (spec.maxLength !== undefined && length > spec.maxLength) {
    return `value may only be ${spec.maxLength} characters long`;
  }
  if (spec.minLength !== undefined && length < spec.minLength) {
    return `value must be at least ${spec.minLength} characters long`;
  }
  if (isNumber(text)) {
    if (spec.maximum !== undefined && Number(text) > spec.maximum) {
      return `value must have a maximum value of ${spec.maximum}`;
    }
    if (spec.minimum !== undefined && Number(text) < spec.minimum) {
      return `value must have a minimum value of ${spec.minimum}`;
    }
  }
  if (spec.enum !== undefined && !spec.enum.includes(text)) {
    return `value '${text}' does not have a value in the enumeration '${spec.enum.join(", ")}'`;
  }
  return undefined;
}

function isNumber(text: string): boolean {
  return perlMatch("[+-]?(?:\\d+\\.\\d+|\\d+\\.|\\.\\d+|\\d+)(?:[eE][+-]?\\d+)?", text);
}

/** What Perl calls a value that is not a plain scalar. */
function referenceName(value: ParamValue): string | undefined {
  if (typeof value === "boolean") return "JSON::PP::Boolean";
  if (Array.isArray(value)) return "ARRAY";
  return typeof value === "object" && value !== null ? "HASH" : undefined;
}
