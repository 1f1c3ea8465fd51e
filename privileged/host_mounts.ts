import type * as z from "zod";
import { type BlockDevice, devicesOf, findDevice, lsblkSchema } from "./block_devices.ts";
import { mountCommand, unmountCommand } from "./commands.ts";
import { type EnrolledDisk, findEnrolled, fstabSchema } from "./fstab.ts";
import { Refusal } from "./helper_errors.ts";
import { lastLine } from "./last_line.ts";
import { isMounted, isUnmountable, type Mount, mountsSchema } from "./mount_table.ts";
import { throwIfUnfit } from "./mount_target.ts";
import type { Host } from "./host.ts";
import type { Programs, Ran } from "./programs.ts";
import type { Params, Result } from "./protocol.ts";

/**
 * Mounts an enrolled disk where fstab says. fstab, which root alone writes, is the allow-list; the
 * request only names a filesystem in it. What is mounted already is an answer too.
 *
 * @throws {Refusal}
 */
export async function mountDisk(
  { uuid }: Params<"disk.mount">,
  { programs }: Host,
): Promise<Result<"disk.mount">> {
  const [disk, devices, mounts] = await Promise.all([
    readFstab(programs, uuid),
    readDevices(programs),
    readMounts(programs),
  ]);
  const device = findDevice(devices, disk);
  if (isMounted(mounts, disk, device)) return { changed: false, ...publicFace(disk) };
  await throwIfUnfit(disk.target, programs);

  const ran = await programs.asRoot(mountCommand, { disk: disk.name });
  if (await isMountedNow(ran, { programs, disk, device })) {
    // Mounted though mount failed: another request was quicker.
    return { changed: ran.code === 0, ...publicFace(disk) };
  }
  const why = ran.timedOut ? "it did not end" : ran.code === 0
    // The option nofail makes mount succeed without a device.
    ? "mount did not find the device"
    : lastLine(ran);
  throw new Refusal(
    ran.timedOut ? "time_limit" : ran.code === 0 ? "unverified" : "program_failed",
    `Cannot mount ${disk.target}: ${why}; it is not mounted`,
    { changed: ran.timedOut ? "maybe" : "no" },
  );
}

/**
 * Unmounts an enrolled disk. What is not mounted is an answer too. A filesystem in use stays.
 *
 * @throws {Refusal}
 */
export async function unmountDisk(
  { uuid }: Params<"disk.unmount">,
  { programs }: Host,
): Promise<Result<"disk.unmount">> {
  const [disk, devices, mounts] = await Promise.all([
    readFstab(programs, uuid),
    readDevices(programs),
    readMounts(programs),
  ]);
  const carrying = devicesOf(devices, uuid);
  // An unplugged disk has no device any more; its mount remains and may be removed.
  const device = carrying.length === 0 ? undefined : findDevice(devices, disk);
  if (!isUnmountable(mounts, disk, device)) return { changed: false, ...publicFace(disk) };

  const ran = await programs.asRoot(unmountCommand, { disk: disk.name });
  const after = await readMounts(programs).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    const message = `Cannot tell whether ${disk.target} is still mounted: ${error.message}`;
    throw new Refusal("unverified", message, { changed: "maybe" });
  });
  if (!after.some(({ target }) => target === disk.target)) {
    return { changed: true, ...publicFace(disk) };
  }
  const why = ran.timedOut ? "it did not end" : lastLine(ran);
  throw new Refusal(
    ran.timedOut ? "time_limit" : /busy/.test(ran.stderr) ? "in_use" : "program_failed",
    `Cannot unmount ${disk.target}: ${why}; it is still mounted`,
    { changed: ran.timedOut ? "maybe" : "no" },
  );
}

/**
 * Looks again, and takes back a mount that is not what was asked for. When mount itself says that it
 * mounted nothing, whatever is there is somebody else's and stays.
 */
async function isMountedNow(
  ran: Ran,
  { programs, disk, device }: {
    readonly programs: Programs;
    readonly disk: EnrolledDisk;
    readonly device: BlockDevice;
  },
): Promise<boolean> {
  try {
    return isMounted(await readMounts(programs), disk, device);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (!ran.timedOut && ran.code !== 0 && ran.code !== null) {
      throw new Refusal(
        error.code,
        `Cannot mount ${disk.target}: ${lastLine(ran)}; ${error.message}`,
      );
    }
    const undone = await programs.asRoot(unmountCommand, { disk: disk.name });
    const outcome = undone.code === 0 ? "unmounted again" : `still mounted: ${lastLine(undone)}`;
    throw new Refusal(
      "unverified",
      `What was mounted is not what was asked for (${error.message}); ${outcome}`,
      {
        changed: undone.code === 0 ? "no" : "maybe",
      },
    );
  }
}

function publicFace({ uuid, name, target }: EnrolledDisk) {
  return { uuid, name, target };
}

async function readFstab(programs: Programs, uuid: string): Promise<EnrolledDisk> {
  const ran = await programs.read("findmnt", [
    "--fstab",
    "--json",
    "--output",
    "SOURCE,TARGET,FSTYPE,OPTIONS",
  ]);
  // An fstab without entries is exit status 1 and no output.
  const rows = ran.stdout === "" ? [] : parse(fstabSchema(), ran.stdout, "findmnt").filesystems;
  return findEnrolled(rows, uuid);
}

async function readDevices(programs: Programs): Promise<readonly BlockDevice[]> {
  const args = ["--json", "--list", "--output", "PATH,MAJ:MIN,UUID,FSTYPE"];
  const ran = await programs.read("lsblk", args);
  return parse(lsblkSchema(), ran.stdout, "lsblk").blockdevices;
}

async function readMounts(programs: Programs): Promise<readonly Mount[]> {
  const args = ["--json", "--list", "--output", "TARGET,MAJ:MIN,FSTYPE,OPTIONS"];
  const ran = await programs.read("findmnt", args);
  return parse(mountsSchema(), ran.stdout, "findmnt").filesystems;
}

/** @throws {Refusal} `program_garbage` */
function parse<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  program: string,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("program_garbage", `${program} printed no JSON`);
  }
  const { success, data } = schema.safeParse(value);
  if (success) return data;
  throw new Refusal("program_garbage", `${program} printed JSON of another shape`);
}
