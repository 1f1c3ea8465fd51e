import { type GuestConfig, parseVmid, type Reads } from "../../proxmox/mod.ts";
import { isNoSuchGuest } from "./no_such_guest.ts";

/**
 * The configuration of a container of this node, with what is pending; null when there is none under
 * the VMID. Needs VM.Audit.
 *
 * @throws {ApiError | TransportError} when nobody can tell
 */
export async function readConfigOrNull(
  reads: Pick<Reads, "guestConfig">,
  vmid: number,
): Promise<GuestConfig | null> {
  try {
    return await reads.guestConfig(parseVmid(vmid));
  } catch (error) {
    if (isNoSuchGuest(error)) return null;
    throw error;
  }
}
