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

function refuse(context: z.RefinementCtx, value: unknown, expected: string): never {
  context.addIssue({ code: "custom", message: `expected ${expected}`, input: value });
  return z.NEVER;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value) ? Number(value) : undefined;
}

/** A number, or its decimal text. */
export function number(): z.ZodType<number> {
  return z.unknown().transform((value, context) => {
    const found = toNumber(value);
    return found !== undefined && Number.isFinite(found)
      ? found
      : refuse(context, value, "a number");
  });
}

/** A whole number that is exact, or its decimal text. */
export function integer(): z.ZodType<number> {
  return z.unknown().transform((value, context) => {
    const found = toNumber(value);
    return found !== undefined && Number.isSafeInteger(found)
      ? found
      : refuse(context, value, "a whole number");
  });
}

/** 0 or 1, as number, text or boolean. */
export function flag(): z.ZodType<boolean> {
  return z.unknown().transform((value, context) => {
    if (value === 1 || value === "1" || value === true) return true;
    if (value === 0 || value === "0" || value === false) return false;
    return refuse(context, value, "0 or 1");
  });
}

/** A text; a number is one too (Perl does not tell `101` from `"101"`). */
export function text(): z.ZodType<string> {
  return z.unknown().transform((value, context) => {
    if (typeof value === "string") return value;
    return typeof value === "number" ? String(value) : refuse(context, value, "a text");
  });
}

/** A value that may be absent or null. */
export function maybe<T>(type: z.ZodType<T>): z.ZodType<T | undefined> {
  return z.preprocess((value) => value ?? undefined, type.optional()).optional();
}

/** A VMID, or its decimal text. */
export function vmid(): z.ZodType<Vmid> {
  return z.unknown().transform((value, context) => {
    const found = toNumber(value);
    return isVmid(found) ? found : refuse(context, value, "a VMID");
  });
}

/** A task id. */
export function upid(): z.ZodType<Upid> {
  return z.unknown().transform((value, context) =>
    isUpid(value) ? value : refuse(context, value, "a UPID")
  );
}

/** A volume id. */
export function volid(): z.ZodType<Volid> {
  return z.unknown().transform((value, context) =>
    isVolid(value) ? value : refuse(context, value, "a volume id")
  );
}

/** An object whose unknown keys survive. */
export const object = z.looseObject;

export const { array, record, literal } = z;
export type Infer<T extends z.ZodType> = z.output<T>;
export type Schema<T> = z.ZodType<T>;
