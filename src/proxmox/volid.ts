import { FelhomError } from "../errors.ts";

declare const volidBrand: unique symbol;

/** Id of a volume, as `local:backup/vzdump-lxc-101-2026_11_21-00_19_47.tar.zst`. */
export type Volid = string & { readonly [volidBrand]: true };

/** What a volume id says. */
export interface VolidParts {
  readonly storage: string;
  /** What follows the colon, as `backup/vzdump-lxc-101-….tar.zst` or `101/vm-101-disk-0.raw`. */
  readonly name: string;
  /** The guest whose backup this is; `undefined` for anything but an LXC backup. */
  readonly backupOf: number | undefined;
}

const VOLID = /^([a-zA-Z][a-zA-Z0-9._-]*[a-zA-Z0-9]):([^\s\p{Cc}]+)$/u;
/** Directory storages and Proxmox Backup Server name backups differently (FACTS §4). */
const BACKUP = /^backup\/(?:vzdump-lxc-([1-9][0-9]{2,8})-|ct\/([1-9][0-9]{2,8})\/)/;

/** Whether `value` is a volume id. */
export function isVolid(value: unknown): value is Volid {
  return typeof value === "string" && VOLID.test(value) && !value.includes("/../");
}

/**
 * Takes a volume id apart.
 *
 * @throws {FelhomError} `volid.invalid`; a path of the host (`/dev/sda`) is none
 */
export function parseVolid(text: string): VolidParts {
  const [, storage, name] = VOLID.exec(text) ?? [];
  if (storage === undefined || name === undefined || !isVolid(text)) {
    throw new FelhomError("volid.invalid", `Cannot parse volume id ${JSON.stringify(text)}`, {
      hint: "A volume id is STORAGE:NAME, as local:backup/vzdump-lxc-101-….tar.zst.",
    });
  }
  const [, file, group] = BACKUP.exec(name) ?? [];
  const owner = file ?? group;
  return { storage, name, backupOf: owner === undefined ? undefined : Number(owner) };
}

/**
 * The text as a volume id.
 *
 * @throws {FelhomError} `volid.invalid`
 */
export function asVolid(text: string): Volid {
  if (isVolid(text)) return text;
  parseVolid(text);
  throw new FelhomError("internal.bug", `Cannot agree on volume id ${JSON.stringify(text)}`);
}
