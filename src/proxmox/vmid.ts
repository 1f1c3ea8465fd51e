import { FelhomError } from "../errors.ts";

declare const vmidBrand: unique symbol;

/** Number of a guest: 100 to 999999999, unique in the cluster (FACTS §3.1). */
export type Vmid = number & { readonly [vmidBrand]: true };

/** Whether `value` is a VMID. */
export function isVmid(value: unknown): value is Vmid {
  return typeof value === "number" && Number.isInteger(value) && value >= 100 &&
    value <= 999_999_999;
}

/**
 * Reads a VMID from a number or its decimal text.
 *
 * @throws {FelhomError} `vmid.invalid`
 */
export function parseVmid(value: number | string): Vmid {
  const number = typeof value === "string" && /^[1-9][0-9]{2,8}$/.test(value)
    ? Number(value)
    : value;
  if (isVmid(number)) return number;
  throw new FelhomError("vmid.invalid", `Cannot parse VMID ${JSON.stringify(value)}`, {
    hint: "A VMID is a whole number from 100 to 999999999.",
  });
}
