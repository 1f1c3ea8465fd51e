import type { ParamValue } from "../seam.ts";

/** Tells lists and records apart; `Array.isArray` does not narrow read-only lists. */
export function isList(value: ParamValue): value is readonly ParamValue[] {
  return Array.isArray(value);
}

/** A JSON object. */
export type JsonRecord = { readonly [key: string]: ParamValue };

export function isRecord(value: ParamValue): value is JsonRecord {
  return typeof value === "object" && value !== null && !isList(value);
}
