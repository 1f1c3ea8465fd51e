/**
 * The shapes in which values come over Proxmox's wire. Results are not normalised to the official
 * schema (FACTS §1.4): numbers may be text, booleans are 0 or 1 or text or absent. These accept
 * exactly those forms and nothing else.
 */
import * as z from "zod";
import { isUpid, type Upid } from "../upid.ts";
import { isVmid, type Vmid } from "../vmid.ts";
import { isVolid, type Volid } from "../volid.ts";

// Without it zod writes its validators as code, which the daemon's fence forbids.
z.config({ jitless: true });

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** How one value of the wire becomes one of ours. Plain functions, because lists have many. */
export interface Scalar<T> {
  /** For messages: `a number`. */
  readonly expected: string;
  /** The value, or `undefined` when it has none of the forms. */
  readonly read: (value: unknown) => T | undefined;
}

/** A number, or its decimal text. */
export const number: Scalar<number> = { expected: "a number", read: toNumber };

/** A whole number that is exact, or its decimal text. */
export const integer: Scalar<number> = {
  expected: "a whole number",
  read(value) {
    const found = toNumber(value);
    return Number.isSafeInteger(found) ? found : undefined;
  },
};

/** 0 or 1, as number, text or boolean. */
export const flag: Scalar<boolean> = {
  expected: "0 or 1",
  read(value) {
    if (value === 1 || value === "1" || value === true) return true;
    return value === 0 || value === "0" || value === false ? false : undefined;
  },
};

/** A text; a number is one too (Perl does not tell `101` from `"101"`). */
export const text: Scalar<string> = {
  expected: "a text",
  read(value) {
    if (typeof value === "string") return value;
    return typeof value === "number" ? String(value) : undefined;
  },
};

/** A VMID, or its decimal text. */
export const vmid: Scalar<Vmid> = {
  expected: "a VMID",
  read(value) {
    const found = toNumber(value);
    return isVmid(found) ? found : undefined;
  },
};

/** A task id. */
export const upid: Scalar<Upid> = {
  expected: "a UPID",
  read: (value) => isUpid(value) ? value : undefined,
};

/** A volume id. */
export const volid: Scalar<Volid> = {
  expected: "a volume id",
  read: (value) => isVolid(value) ? value : undefined,
};

function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || !NUMBER.test(value)) return undefined;
  const found = Number(value);
  return Number.isFinite(found) ? found : undefined;
}

function readOrRefuse<T>(
  { expected, read }: Scalar<T>,
  value: unknown,
  context: z.RefinementCtx,
): T {
  const found = read(value);
  if (found !== undefined) return found;
  context.addIssue({ code: "custom", message: `expected ${expected}`, input: value });
  return z.NEVER;
}

/** A value that has to be there. */
export function must<T>(kind: Scalar<T>): z.ZodType<T> {
  return z.unknown().transform((value, context) => readOrRefuse(kind, value, context));
}

/** A value that may be absent, or null. */
export function maybe<T>(kind: Scalar<T> | z.ZodType<T>): z.ZodOptional<z.ZodType<T | undefined>> {
  if (kind instanceof z.ZodType) {
    return z.preprocess((value) => value ?? undefined, kind.optional()).optional();
  }
  return z.unknown().transform((value, context) => {
    return value === null ? undefined : readOrRefuse(kind, value, context);
  }).optional();
}

/** An object whose unknown keys survive. */
export const object = z.looseObject;

export const array = z.array;

/** An object whose keys are names that come from outside. */
export function byName<T>(value: z.ZodType<T>): z.ZodRecord<z.ZodString, z.ZodType<T>> {
  return z.record(z.string(), value);
}

export type Infer<T extends z.ZodType> = z.output<T>;
export type Schema<T> = z.ZodType<T>;
