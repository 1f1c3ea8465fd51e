import { ownerOfBackup } from "../../action/mod.ts";
import type { GoldenImage } from "../../config/mod.ts";
import { asVolid, parseVmid, parseVolid, type Reads } from "../../proxmox/mod.ts";
import { attempt } from "./attempt.ts";

/**
 * Whether an image is pinned, and still is what was pinned: it is listed, with exactly that size.
 * Needs Datastore.AllocateSpace and VM.Backup on the guest it was made of, or it is not listed.
 *
 * @returns null when it is pinned, and its storage cannot be looked at
 */
export async function isStillPinned(
  image: string,
  pinned: readonly GoldenImage[],
  { reads, signal }: { readonly reads: Reads; readonly signal: AbortSignal },
): Promise<boolean | null> {
  const pin = pinned.find(({ volume }) => volume === image);
  const owner = ownerOfBackup(image);
  if (pin === undefined || owner === undefined) return false;
  const { storage } = parseVolid(asVolid(image));
  const content = await attempt(
    reads.storageContent(storage, { content: "backup", vmid: parseVmid(owner), signal }),
    { signal },
  );
  if (!content.ok) return null;
  return content.value.some(({ volid, size }) => volid === image && size === pin.bytes);
}
