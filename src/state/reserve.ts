const CHUNK = 64 * 1024;

export interface ReserveOptions {
  /** Bytes to keep. @default 8 MiB: over a thousand transitions */
  readonly size?: number;
  /** Bytes given back at a time. @default 512 KiB */
  readonly step?: number;
}

/**
 * Room on the disk that belongs to work under way: a file that is held open and made shorter when
 * the disk is full, so that what was begun can be recorded. Needs no right once it is open.
 *
 * It holds bytes that do not compress: zeros would take no room on ZFS.
 *
 * Rejected: room inside the database file. It would be out of reach of whoever fills the disk, but
 * ZFS and btrfs never write in place, so there it would be no room at all.
 */
export class Reserve implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #size: number;
  readonly #step: number;
  #length: number;
  #short: boolean;

  private constructor(
    file: Deno.FsFile,
    { size = 8 * 1024 * 1024, step = 512 * 1024 }: ReserveOptions,
  ) {
    this.#file = file;
    this.#size = size;
    this.#step = step;
    // Whoever asks for the length of a file needs the right to its path; whoever seeks does not.
    this.#length = file.seekSync(0, Deno.SeekMode.End);
    this.#short = this.#length < size;
  }

  /**
   * Opens the reserve of a folder as it is, or an empty one: {@linkcode fill} fills it.
   *
   * Needs `--allow-read` and `--allow-write` on the folder, while opening only.
   *
   * @throws what the file system throws
   */
  static open(directory: string, options: ReserveOptions = {}): Reserve {
    const file = Deno.openSync(`${directory}/reserve`, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
    return new Reserve(file, options);
  }

  /** Whether all of it is there, and the disk has not been found full since it was filled. */
  get ample(): boolean {
    return !this.#short;
  }

  /** Bytes that are there. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes what is missing from the disk, and a step more, which it gives back: so work that begins
   * does not meet the end of the disk at once, and a disk that is nearly full does not make the agent
   * change its mind with each row.
   *
   * @returns whether there was room
   */
  fill(): boolean {
    if (this.ample) return true;
    try {
      this.#file.seekSync(this.#length, Deno.SeekMode.Start);
      while (this.#length < this.#size + this.#step) {
        const missing = this.#size + this.#step - this.#length;
        this.#length += this.#file.writeSync(noise(Math.min(CHUNK, missing), this.#length));
      }
      // Some file systems find out only now.
      this.#file.syncDataSync();
      this.#short = false;
    } catch {
      // Most likely ENOSPC. Whatever it is: there is no room, and the caller is told so.
      this.#length = this.#file.seekSync(0, Deno.SeekMode.End);
    }
    this.#cut(Math.min(this.#length, this.#size));
    return this.ample;
  }

  /** The disk was found full, by somebody who may not have any of this. */
  foundFull(): void {
    this.#short = true;
  }

  /** Gives a step back to the disk. @returns false when nothing is left */
  release(): boolean {
    if (this.#length === 0) return false;
    this.#short = true;
    this.#cut(Math.max(0, this.#length - this.#step));
    return true;
  }

  #cut(length: number): void {
    if (length === this.#length) return;
    this.#file.truncateSync(length);
    this.#length = length;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Bytes without a pattern (xorshift32); they need not be secret, only new for each place. */
function noise(length: number, place: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let word = (place ^ 0x9e3779b9) >>> 0 || 1;
  for (let index = 0; index < words.length; index++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[index] = word;
  }
  return new Uint8Array(words.buffer, 0, length);
}
