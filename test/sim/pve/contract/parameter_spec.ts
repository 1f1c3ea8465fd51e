import type { Format } from "./format.ts";

/** The types of Proxmox's schema language that parameters have. */
export type ParameterType = "string" | "integer" | "number" | "boolean" | "array";

/** A parameter as `PVE::JSONSchema` describes it, in the words of `api-9.2.3.json`. */
export interface ParameterSpec {
  readonly type: ParameterType;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Source of a regular expression that the whole value has to match. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly format?: Format;
  /** Another parameter that must be given when this one is. */
  readonly requires?: string;
}
