import { ApiError } from "../../proxmox/mod.ts";

/**
 * Whether an error says that this node has no container of the VMID. There is no 404: only this
 * text says so (FACTS §3.2). A name of the node that is wrong has another one, and proves nothing.
 */
export function isNoSuchGuest(error: unknown): boolean {
  return error instanceof ApiError && /^Configuration file '[^']*' does not exist/.test(error.text);
}
