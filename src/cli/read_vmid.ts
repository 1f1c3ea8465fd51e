import { FelhomError } from "../errors.ts";

/** @throws {FelhomError} `usage.invalid` for what is no VMID */
export function readVmid(text: string | undefined): number {
  const vmid = text !== undefined && /^[1-9]\d{2,8}$/.test(text) ? Number(text) : undefined;
  if (vmid !== undefined) return vmid;
  throw new FelhomError(
    "usage.invalid",
    text === undefined ? "No VMID given" : `"${text}" is no VMID`,
    { hint: "A VMID is a whole number from 100 to 999999999." },
  );
}
