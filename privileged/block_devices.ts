import * as z from "zod";
import type { EnrolledDisk } from "./fstab.ts";
import { Refusal } from "./helper_errors.ts";
import { lazy } from "./lazy.ts";

/** What `lsblk --json --list --output PATH,MAJ:MIN,UUID,FSTYPE` prints. */
export const lsblkSchema = lazy(() =>
  z.object({
    blockdevices: z.array(z.object({
      path: z.string(),
      /** Device number, as `8:17`. */
      "maj:min": z.string().transform((text) => text.trim()),
      uuid: z.string().nullable(),
      fstype: z.string().nullable(),
    })),
  })
);

export type BlockDevice = z.infer<ReturnType<typeof lsblkSchema>>["blockdevices"][number];

/** The devices that carry the filesystem; a device that hangs under two others counts once. */
export function devicesOf(devices: readonly BlockDevice[], uuid: string): readonly BlockDevice[] {
  const carrying = devices.filter((candidate) => candidate.uuid === uuid);
  return [...new Map(carrying.map((found) => [found["maj:min"], found])).values()];
}

/**
 * The one device that carries the filesystem. With two, `mount` would silently take the first.
 *
 * @throws {Refusal} `no_device`, `duplicate_device`
 */
export function findDevice(devices: readonly BlockDevice[], disk: EnrolledDisk): BlockDevice {
  const [found, ...others] = devicesOf(devices, disk.uuid);
  if (found === undefined) {
    throw new Refusal("no_device", `No block device carries UUID ${disk.uuid}`);
  }
  if (others.length > 0) {
    const paths = [found, ...others].map(({ path }) => path).join(", ");
    throw new Refusal("duplicate_device", `Several devices carry UUID ${disk.uuid}: ${paths}`);
  }
  if (found.fstype !== disk.fstype) {
    throw new Refusal(
      "no_device",
      `${found.path} carries the UUID with the filesystem "${found.fstype}", fstab says "${disk.fstype}"`,
    );
  }
  return found;
}
