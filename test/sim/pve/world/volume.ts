import type { ConfigFile } from "./config_file.ts";
import type { Inside } from "./guest.ts";

/** What is written in a volume: how much, and marks by which a test can tell it again. */
export interface VolumeData {
  readonly bytes: number;
  readonly marks: readonly string[];
}

export const NO_DATA: VolumeData = { bytes: 0, marks: [] };

/** A guest's disk. */
export interface Volume {
  readonly kind: "disk";
  readonly volid: string;
  /** Owner by its name; the guest may be gone. */
  readonly vmid: number;
  /** Bytes it may hold. */
  size: number;
  /** Epoch seconds. */
  readonly ctime: number;
  data: VolumeData;
  /** Oldest first. */
  readonly snapshots: { readonly name: string; readonly data: VolumeData }[];
  /** Deleted behind Proxmox's back: the configuration names it, and it is not there. */
  missing: boolean;
}

/** A `vzdump` archive. */
export interface Backup {
  readonly kind: "backup";
  readonly volid: string;
  readonly vmid: number;
  /** `tar`, `tar.zst`, `tar.gz` or `tar.lzo`. */
  readonly format: string;
  readonly size: number;
  readonly ctime: number;
  notes: string | undefined;
  protected: boolean;
  /** The configuration as it lies in the archive. */
  readonly config: ConfigFile;
  /** Content by mount point key. */
  readonly content: ReadonlyMap<string, VolumeData>;
  readonly inside: Inside;
  /** The file ends too early, as after a full disk on the way (OBSERVED 26). */
  truncated: boolean;
  /** While `vzdump` writes it, it is a `.dat` file and not listed (FACTS §4). */
  writing: boolean;
}

/** A template archive to create guests from. */
export interface Template {
  readonly kind: "template";
  readonly volid: string;
  readonly size: number;
  readonly ctime: number;
  readonly ostype: string;
  /** Bytes it unpacks to. */
  readonly bytes: number;
  /** What the architecture detection says behind unpacking. */
  readonly architecture: "detected" | "unknown";
  readonly inside: Inside;
}

export type StoredFile = Volume | Backup | Template;

/** `STORAGE` of `STORAGE:name`. */
export function storageOf(volid: string): string {
  return volid.slice(0, Math.max(0, volid.indexOf(":")));
}

/** Name behind `STORAGE:`. */
export function nameOf(volid: string): string {
  return volid.slice(volid.indexOf(":") + 1);
}

/** What the name of an archive tells: guest, time and format (FACTS §4). */
export function parseBackupName(
  volid: string,
): { readonly vmid: number; readonly format: string; readonly ctime: number } | undefined {
  const match =
    /:backup\/vzdump-lxc-([1-9]\d{2,8})-(\d{4})_(\d\d)_(\d\d)-(\d\d)_(\d\d)_(\d\d)\.(tar(?:\.(?:zst|gz|lzo))?)$/
      .exec(volid);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(2, 8).map(
    Number,
  );
  return {
    vmid: Number(match[1]),
    format: match[8] ?? "",
    ctime: Date.UTC(year, month - 1, day, hour, minute, second) / 1000,
  };
}
