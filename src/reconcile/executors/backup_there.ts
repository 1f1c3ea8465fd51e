import { asVolid, parseVmid, parseVolid, type Reads } from "../../proxmox/mod.ts";

/**
 * Size of a backup in bytes; null when it is not on its storage, or not seen there: what the token
 * may not see is left out without a word (FACTS §5).
 *
 * @throws {ApiError | TransportError} when nobody can tell
 */
export async function backupSize(
  reads: Pick<Reads, "storageContent">,
  volid: string,
): Promise<number | null> {
  const { storage, backupOf } = parseVolid(volid);
  const volumes = await reads.storageContent(storage, {
    content: "backup",
    ...(backupOf === undefined ? {} : { vmid: parseVmid(backupOf) }),
  });
  const found = volumes.find((volume) => volume.volid === asVolid(volid));
  return found?.size ?? null;
}
