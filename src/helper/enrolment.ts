import {
  DISK_NAME,
  ENROLLED_FILESYSTEMS,
  FILESYSTEM_UUID,
  fits,
  MOUNT_ROOT,
  REQUIRED_OPTIONS,
} from "../../privileged/protocol.ts";
import { FelhomError } from "../errors.ts";

/** A disk that is to be enrolled. */
export interface EnrolmentRequest {
  /** Last part of `/mnt/felhom/NAME`. */
  readonly name: string;
  /** UUID of the filesystem. */
  readonly uuid: string;
  /** @default "ext4" */
  readonly fstype?: string;
}

/** What root does to enrol a disk. The agent itself changes nothing. */
export interface Enrolment {
  /** The line for `/etc/fstab`, without its newline. */
  readonly fstab: string;
  /** Shell commands for root, in their order. */
  readonly commands: readonly string[];
}

/**
 * Says how root enrols a disk. Pure: nothing is looked at, nothing is changed.
 *
 * @throws {FelhomError} `usage.invalid`
 */
export function enrolment({ name, uuid, fstype = "ext4" }: EnrolmentRequest): Enrolment {
  if (!fits(name, DISK_NAME)) {
    throw usage(
      `Cannot use the name "${name}"`,
      "1 to 32 of a to z, 0 to 9 and -, none of it - at either end, as backup-1.",
    );
  }
  if (!fits(uuid, FILESYSTEM_UUID)) {
    throw usage(
      `Cannot use the UUID "${uuid}"`,
      "It is the filesystem's, as lsblk -o NAME,FSTYPE,UUID shows it; FAT and NTFS have none.",
    );
  }
  if (!ENROLLED_FILESYSTEMS.includes(fstype)) {
    throw usage(`Cannot use the type "${fstype}"`, `One of ${ENROLLED_FILESYSTEMS.join(", ")}.`);
  }
  const target = `${MOUNT_ROOT}/${name}`;
  const fstab = `UUID=${uuid} ${target} ${fstype} ${REQUIRED_OPTIONS.join(",")} 0 0`;
  return {
    fstab,
    commands: [
      `install -d -o root -g root -m 0755 ${MOUNT_ROOT} ${target}`,
      `echo '${fstab}' >> /etc/fstab`,
      "systemctl daemon-reload",
      "findmnt --verify",
    ],
  };
}

function usage(message: string, hint: string): FelhomError {
  return new FelhomError("usage.invalid", message, { hint });
}
