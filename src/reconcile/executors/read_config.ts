import { ApiError, type GuestConfig, parseVmid, type Reads } from "../../proxmox/mod.ts";

/**
 * The configuration of a container of this node, with what is pending; null when there is none under
 * the VMID. There is no 404: only this text says so (FACTS §3.2), and a name of the node that is
 * wrong has another. Needs VM.Audit.
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
    if (error instanceof ApiError && NO_SUCH_GUEST.test(error.text)) return null;
    throw error;
  }
}

const NO_SUCH_GUEST = /^Configuration file '[^']*' does not exist/;
