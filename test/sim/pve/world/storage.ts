import { failure } from "../pve_error.ts";
import { type StorageType } from "./storage_type.ts";
import { type Backup, nameOf, type StoredFile, type Volume, type VolumeData } from "./volume.ts";

export interface StorageOptions {
  readonly id: string;
  readonly type: StorageType;
  /** Kinds of content it may hold: `rootdir`, `images`, `backup`, `vztmpl`, `iso`, `snippets`. */
  readonly content: readonly string[];
  /** Folder, or pool name. */
  readonly path: string;
  /** Bytes. */
  readonly total: number;
  /** Bytes taken by what is no volume. */
  readonly otherUsed: number;
  /**
   * Bytes that are neither used nor to be had.
   * @default {0}
   */
  readonly reserved?: number;
  /**
   * Whether the folder has to be a mount point to be active.
   * @default {false}
   */
  readonly isMountpoint?: boolean;
  /**
   * Its own retention, as `keep-last=3`.
   * @default {keep-all}
   */
  readonly pruneBackups?: string;
}

/**
 * One storage with what lies on it.
 *
 * INVARIANT: what is written never exceeds `total`; a write that would is refused before it counts.
 */
export class Storage {
  readonly options: StorageOptions;
  readonly files = new Map<string, StoredFile>();
  enabled = true;
  /** Why it cannot be activated; `undefined` while it can. */
  outage: string | undefined;
  /** Bytes taken since by something else, as a test fills it. */
  ballast = 0;

  constructor(options: StorageOptions) {
    this.options = options;
  }

  get id(): string {
    return this.options.id;
  }

  get type(): StorageType {
    return this.options.type;
  }

  get used(): number {
    let used = this.options.otherUsed + this.ballast;
    for (const file of this.files.values()) used += occupied(file);
    return used;
  }

  get available(): number {
    return Math.max(0, this.options.total - this.used - (this.options.reserved ?? 0));
  }

  get active(): boolean {
    return this.enabled && this.outage === undefined;
  }

  /** @throws {PveError} as Proxmox does when the storage cannot be used (FACTS §5) */
  activate(): void {
    if (!this.enabled) throw failure(`storage '${this.id}' is disabled`);
    if (this.outage !== undefined) throw failure(this.outage);
  }

  /** Takes the storage's mount point away; everything on it is out of reach. */
  unmount(): void {
    this.outage =
      `unable to activate storage '${this.id}' - directory is expected to be a mount point but is not mounted: '${this.options.path}'`;
  }

  remount(): void {
    this.outage = undefined;
  }

  holds(content: string): boolean {
    return this.options.content.includes(content);
  }

  volume(volid: string): Volume | undefined {
    const file = this.files.get(volid);
    return file?.kind === "disk" ? file : undefined;
  }

  backup(volid: string): Backup | undefined {
    const file = this.files.get(volid);
    return file?.kind === "backup" && !file.writing ? file : undefined;
  }

  volumes(): Volume[] {
    return [...this.files.values()].filter((file) => file.kind === "disk");
  }

  backups(): Backup[] {
    return [...this.files.values()].filter((file) => file.kind === "backup")
      .filter((file) => !file.writing);
  }

  /** Makes a new disk under the lowest free number of that guest. */
  allocate(vmid: number, options: { readonly bytes: number; readonly ctime: number }): Volume {
    let disk = 0;
    while (this.files.has(`${this.id}:${this.type.volumeName(vmid, disk)}`)) disk++;
    const volume: Volume = {
      kind: "disk",
      volid: `${this.id}:${this.type.volumeName(vmid, disk)}`,
      vmid,
      size: options.bytes,
      ctime: options.ctime,
      data: { bytes: 0, marks: [] },
      snapshots: [],
      missing: false,
    };
    if (occupied(volume) > this.available) {
      throw failure(
        `unable to create image: ${this.pathOf(volume.volid)}: No space left on device`,
      );
    }
    this.files.set(volume.volid, volume);
    return volume;
  }

  /** Whether `data` fits into the volume and onto the storage. */
  fits(volume: Volume, data: VolumeData): boolean {
    const room = volume.size - overhead(volume);
    return data.bytes <= room && data.bytes - volume.data.bytes <= this.available;
  }

  pathOf(volid: string): string {
    const name = nameOf(volid);
    const { path } = this.options;
    if (name.startsWith("backup/")) return `${path}/dump/${name.slice("backup/".length)}`;
    if (name.startsWith("vztmpl/")) return `${path}/template/cache/${name.slice("vztmpl/".length)}`;
    return this.type.volumePath(path, name);
  }
}

/** Bytes a file takes up; disks are thin and cost their file system and what is written. */
export function occupied(file: StoredFile): number {
  if (file.kind !== "disk") return file.size;
  if (file.missing) return 0;
  let held = file.data.bytes;
  for (const snapshot of file.snapshots) held = Math.max(held, snapshot.data.bytes);
  return overhead(file) + held;
}

function overhead(volume: Volume): number {
  return volume.volid.includes(":subvol-") ? 98_304 : Math.floor(volume.size / 32);
}
