import { TransportError } from "../transport_error.ts";
import type { Schema } from "./wire.ts";

/**
 * Gives an answer's data its type.
 *
 * @param what for the message: `the list of guests`
 * @throws {TransportError} `proxmox.malformed`
 */
export function parseData<T>(schema: Schema<T>, data: unknown, what: string): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new TransportError(
    "proxmox.malformed",
    `Cannot read ${what}${where}: ${issue?.message ?? "it has another shape"}`,
    {
      sent: "maybe",
      hint: "Check that this is Proxmox VE 8 or 9; if it is, please report it.",
      retry: "never",
    },
  );
}
