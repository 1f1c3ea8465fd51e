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

  private constructor(
    file: Deno.FsFile,
    { size = 8 * 1024 * 1024, step = 512 * 1024 }: ReserveOptions,
  ) {
    this.#file = file;
    this.#size = size;
    this.#step = step;
    // Whoever asks for the length of a file needs the right to its path; whoever seeks does not.
    this.#length = file.seekSync(0, Deno.SeekMode.End);
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

  /** Whether all of it is there. */
  get whole(): boolean {
    return this.#length >= this.#size;
  }

  /** Bytes that are there. */
  get length(): number {
    return this.#length;
  }

  /** Takes what is missing from the disk. @returns whether all of it is there now */
  fill(): boolean {
    if (this.whole) return true;
    try {
      this.#file.seekSync(this.#length, Deno.SeekMode.Start);
      while (this.#length < this.#size) {
        const chunk = noise(Math.min(CHUNK, this.#size - this.#length), this.#length);
        this.#length += this.#file.writeSync(chunk);
      }
      // Some file systems find out only now.
      this.#file.syncDataSync();
    } catch {
      // Most likely ENOSPC. Whatever it is: there is no reserve, and the caller is told so.
      this.#length = this.#file.seekSync(0, Deno.SeekMode.End);
      return false;
    }
    return true;
  }

  /** Gives a step back to the disk. @returns false when nothing is left */
  release(): boolean {
    if (this.#length === 0) return false;
    this.#length = Math.max(0, this.#length - this.#step);
    this.#file.truncateSync(this.#length);
    return true;
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
