import * as z from "zod";
import type { BlockDevice } from "./block_devices.ts";
import { type EnrolledDisk, VISIBLE_OPTIONS } from "./fstab.ts";
import { Refusal } from "./helper_errors.ts";
import { lazy } from "./lazy.ts";

/** What `findmnt --json --list --output TARGET,MAJ:MIN,FSTYPE,OPTIONS` prints. */
export const mountsSchema = lazy(() =>
  z.object({
    filesystems: z.array(z.object({
      target: z.string(),
      /** Device number of the filesystem, as `8:17`. */
      "maj:min": z.string().transform((text) => text.trim()),
      fstype: z.string(),
      options: z.string(),
    })),
  })
);

export type Mount = z.infer<ReturnType<typeof mountsSchema>>["filesystems"][number];

/**
 * Whether the disk is mounted where it belongs, and there alone, as fstab says.
 *
 * @throws {Refusal} `mounted_elsewhere`, `target_busy`, `mounted_otherwise`
 */
export function isMounted(
  mounts: readonly Mount[],
  disk: EnrolledDisk,
  device: BlockDevice,
): boolean {
  const isDevice = (candidate: Mount) => candidate["maj:min"] === device["maj:min"];
  const elsewhere = mounts.find((other) => isDevice(other) && other.target !== disk.target);
  if (elsewhere !== undefined) {
    throw new Refusal("mounted_elsewhere", `${device.path} is mounted on ${elsewhere.target}`);
  }
  const here = mounts.filter(({ target }) => target === disk.target);
  const [found] = here;
  if (found === undefined) return false;
  if (here.length > 1 || !isDevice(found)) {
    throw new Refusal("target_busy", `Something else is mounted on ${disk.target}`);
  }
  throwIfLoose(found);
  return true;
}

/** @throws {Refusal} `mounted_otherwise` */
function throwIfLoose({ target, options }: Mount): void {
  const set = options.split(",");
  const missing = VISIBLE_OPTIONS.find((option) => !set.includes(option));
  if (missing !== undefined) {
    throw new Refusal("mounted_otherwise", `${target} is mounted without ${missing}`);
  }
}

/**
 * Whether something is mounted on the target that the helper may unmount: the disk, or what is left
 * of it when the device is gone.
 *
 * @throws {Refusal} `target_busy`
 */
export function isUnmountable(
  mounts: readonly Mount[],
  disk: EnrolledDisk,
  device: BlockDevice | undefined,
): boolean {
  const here = mounts.filter(({ target }) => target === disk.target);
  const [found] = here;
  if (found === undefined) return false;
  const isOther = found.fstype !== disk.fstype ||
    (device !== undefined && found["maj:min"] !== device["maj:min"]);
  if (here.length > 1 || isOther) {
    throw new Refusal("target_busy", `Something else is mounted on ${disk.target}`);
  }
  return true;
}
