import * as z from "zod";
import { ENROLLED_FILESYSTEMS, MOUNT_ROOT, REQUIRED_OPTIONS } from "./enrolled_disk.ts";
import { DISK_NAME, fits } from "./grammar.ts";
import { Refusal } from "./helper_errors.ts";
import { lazy } from "./lazy.ts";

/** Options that an entry may have besides; one that is not here makes it unusable. */
const OPTIONAL =
  /^(?:defaults|rw|async|auto_da_alloc|(?:no|rel|strict)atime|nodiratime|lazytime|discard|errors=remount-ro|commit=[1-9][0-9]{0,2})$/;

/** Options that the kernel shows of a mount. The others are fstab's alone. */
export const VISIBLE_OPTIONS = ["nosuid", "nodev", "noexec", "nosymfollow"] as const;

/** A disk that root enrolled: an entry of fstab with everything the helper asks of it. */
export interface EnrolledDisk {
  readonly uuid: string;
  readonly name: string;
  /** `/mnt/felhom/NAME`. */
  readonly target: string;
  readonly fstype: string;
}

/** What `findmnt --fstab --json --output SOURCE,TARGET,FSTYPE,OPTIONS` prints. */
export const fstabSchema = lazy(() =>
  z.object({
    filesystems: z.array(z.object({
      source: z.string(),
      target: z.string(),
      fstype: z.string(),
      options: z.string(),
    })),
  })
);

export type FstabRow = z.infer<ReturnType<typeof fstabSchema>>["filesystems"][number];

/**
 * The one entry for the filesystem.
 *
 * @throws {Refusal} `not_enrolled`, saying what is wrong with the entry
 */
export function findEnrolled(rows: readonly FstabRow[], uuid: string): EnrolledDisk {
  const [entry, ...others] = rows.filter(({ source }) => source === `UUID=${uuid}`);
  if (entry === undefined) throw unusable(uuid, "it is not there");
  if (others.length > 0) throw unusable(uuid, "it is there more than once");
  const { target, fstype } = entry;
  const name = target.startsWith(`${MOUNT_ROOT}/`) ? target.slice(MOUNT_ROOT.length + 1) : "";
  if (!fits(name, DISK_NAME)) {
    throw unusable(uuid, `its target "${target}" is not ${MOUNT_ROOT}/NAME`);
  }
  if (rows.filter((other) => plainPath(other.target) === target).length > 1) {
    throw unusable(uuid, `its target "${target}" has another entry too`);
  }
  if (!ENROLLED_FILESYSTEMS.includes(fstype)) {
    throw unusable(uuid, `its type "${fstype}" is none of ${ENROLLED_FILESYSTEMS.join(", ")}`);
  }
  const options = entry.options.split(",");
  const missing = REQUIRED_OPTIONS.find((option) => !options.includes(option));
  if (missing !== undefined) throw unusable(uuid, `it lacks the option ${missing}`);
  const stray = options.find((option) => !isAllowed(option));
  if (stray !== undefined) throw unusable(uuid, `its option "${stray}" is not allowed`);
  return { uuid, name, target, fstype };
}

/** A path as mount compares it: `//mnt/felhom/a/` is `/mnt/felhom/a` to it. */
function plainPath(path: string): string {
  return path.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
}

function isAllowed(option: string): boolean {
  return REQUIRED_OPTIONS.some((required) => required === option) || OPTIONAL.test(option);
}

function unusable(uuid: string, why: string): Refusal {
  return new Refusal("not_enrolled", `Cannot use an entry for UUID=${uuid} in fstab: ${why}`);
}
