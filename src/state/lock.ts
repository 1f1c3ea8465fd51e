import { FelhomError } from "../errors.ts";

/** Held for as long as the process lives; the kernel lets go of it when the process ends. */
export interface StateLock extends Disposable {
  readonly path: string;
}

/**
 * Takes the lock on a state folder, so that one daemon at a time works with it. The lock goes on
 * holding after the right to its path is revoked. The file names the holder and is never removed:
 * who removes a lock file can have two holders.
 *
 * Needs `--allow-read` and `--allow-write` on the folder.
 *
 * @throws {FelhomError} `daemon.running` when another process holds it, `state.unusable`
 */
export function lockState(directory: string): StateLock {
  const path = `${directory}/agent.lock`;
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw new FelhomError("state.unusable", `Cannot open the lock file "${path}"`, {
      hint: `The folder must exist and belong to the agent: ls -ld ${directory}`,
      cause: error,
    });
  }
  if (!file.tryLockSync(true)) {
    const holder = readHolder(file);
    file.close();
    throw new FelhomError("daemon.running", `A daemon works with "${directory}" already${holder}`, {
      hint: "Ask it: felhom-agent status. To restart it: systemctl restart felhom-agent.",
    });
  }
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  return { path, [Symbol.dispose]: () => file.close() };
}

function readHolder(file: Deno.FsFile): string {
  const buffer = new Uint8Array(20);
  const length = file.readSync(buffer) ?? 0;
  const pid = /^\d+(?=\n)/.exec(new TextDecoder().decode(buffer.subarray(0, length)))?.[0];
  return pid === undefined ? "" : ` (process ${pid})`;
}
