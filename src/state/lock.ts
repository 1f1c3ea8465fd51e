import { FelhomError } from "../errors.ts";

/**
 * The lock on a state folder: who has one may open the state. Held for as long as the process lives;
 * the kernel lets go of it when the process ends.
 */
export class StateLock implements Disposable {
  readonly directory: string;
  readonly #file: Deno.FsFile;

  private constructor(directory: string, file: Deno.FsFile) {
    this.directory = directory;
    this.#file = file;
  }

  /**
   * Takes the lock, so that one daemon at a time works with the folder. It goes on holding after the
   * right to its path is revoked. The file names the holder and is never removed: who removes a lock
   * file can have two holders.
   *
   * Needs `--allow-read` and `--allow-write` on the folder.
   *
   * @throws {FelhomError} `daemon.running` when another holds it, `state.read_only`,
   * `state.unusable`
   */
  static take(directory: string): StateLock {
    const path = lockPath(directory);
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
    } catch (error) {
      throw cannotOpen(path, { directory, error });
    }
    try {
      if (!file.tryLockSync(true)) {
        const holder = readHolder(file);
        const who = holder === undefined ? "" : ` (process ${holder})`;
        throw new FelhomError(
          "daemon.running",
          `A daemon works with "${directory}" already${who}`,
          { hint: "Ask it: felhom-agent status. To restart it: systemctl restart felhom-agent." },
        );
      }
      nameHolder(file);
    } catch (error) {
      file.close();
      throw error;
    }
    return new StateLock(directory, file);
  }

  /**
   * Lets go of it. Said to the kernel, because closing the file alone lets go only when no process
   * that is being started right now still has a copy of it.
   */
  [Symbol.dispose](): void {
    this.#file.unlockSync();
    this.#file.close();
  }
}

/** Takes the lock on a state folder: {@linkcode StateLock.take}. */
export function lockState(directory: string): StateLock {
  return StateLock.take(directory);
}

/**
 * The process that the lock file of a folder names, alive or not; `undefined` when there is none.
 * Makes no file.
 *
 * Needs `--allow-read` on the folder.
 */
export function lockHolder(directory: string): number | undefined {
  try {
    using file = Deno.openSync(lockPath(directory), { read: true });
    return readHolder(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw cannotOpen(lockPath(directory), { directory, error });
  }
}

function lockPath(directory: string): string {
  return `${directory}/agent.lock`;
}

/** Written over the old name and cut to length after it: on a full disk the block is there already. */
function nameHolder(file: Deno.FsFile): void {
  const name = new TextEncoder().encode(`${Deno.pid}\n`);
  try {
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(name);
    file.truncateSync(name.length);
  } catch {
    // The lock holds without the name; a full disk must not keep the daemon from what it can do.
    return;
  }
}

function readHolder(file: Deno.FsFile): number | undefined {
  const buffer = new Uint8Array(20);
  file.seekSync(0, Deno.SeekMode.Start);
  const length = file.readSync(buffer) ?? 0;
  const pid = /^\d+(?=\n)/.exec(new TextDecoder().decode(buffer.subarray(0, length)))?.[0];
  return pid === undefined ? undefined : Number(pid);
}

function cannotOpen(
  path: string,
  { directory, error }: { readonly directory: string; readonly error: unknown },
): FelhomError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const readOnly = code === "EROFS";
  return new FelhomError(
    readOnly ? "state.read_only" : "state.unusable",
    `Cannot open the lock file "${path}"${readOnly ? ": its file system is read-only" : ""}`,
    {
      hint: readOnly
        ? "Look why it is: dmesg. A file system that met an error has to be checked before it is used."
        : `The folder must exist and belong to the agent: ls -ld ${directory}`,
      cause: error,
    },
  );
}
