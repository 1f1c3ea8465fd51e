import { copyTime } from "./durations.ts";
import { failure } from "../pve_error.ts";
import { tarSize } from "./size.ts";
import type { Worker } from "./worker.ts";

/** An archive as it is about to be unpacked. */
export interface Unpacking {
  readonly vmid: number;
  readonly unprivileged: boolean;
  /** Path of the archive. */
  readonly path: string;
  /** Bytes it unpacks to. */
  readonly bytes: number;
  /** Whether the target takes that much. */
  readonly fits: boolean;
  /** Whether the archive ends too early. */
  readonly truncated: boolean;
}

const MAP = "lxc-usernsexec -m u:0:100000:65536 -m g:0:100000:65536 -- ";
const XATTRS =
  "--acls --xattrs '--xattrs-include=user.*' '--xattrs-include=security.capability' '--warning=no-file-ignored' '--warning=no-xattr-write'";

/**
 * Unpacks an archive into a guest's root, with the lines GNU tar leaves in the log.
 *
 * @throws {PveError} `command '… tar …' failed: exit code 2`, or `received interrupt`
 */
export async function unpack(worker: Worker, archive: Unpacking): Promise<void> {
  const { vmid, unprivileged, path, bytes, fits, truncated } = archive;
  const command = `${unprivileged ? MAP : ""}tar xpf -${
    decompressor(path)
  } --totals --one-file-system -p --sparse --numeric-owner ${XATTRS} -C /var/lib/lxc/${vmid}/rootfs --skip-old-files --anchored --exclude './dev/*'`;
  worker.print(`extracting archive '${path}'`);
  const time = copyTime(bytes);
  if (truncated) {
    await worker.run(command, time / 2);
    worker.print(
      "/*stdin*\\ : Read error (39) : premature end ",
      "tar: Unexpected EOF in archive",
      "tar: Unexpected EOF in archive",
      "tar: Error is not recoverable: exiting now",
    );
    throw failure(`command '${command}' failed: exit code 2`);
  }
  await worker.run(command, time);
  if (!fits) {
    worker.print(
      "tar: ./usr/lib/x86_64-linux-gnu/libcrypto.so.3: Wrote only 4096 of 6144 bytes",
      "tar: ./usr/lib/x86_64-linux-gnu/libnsl.so.1: Cannot write: No space left on device",
      "tar: ./srv: Cannot mkdir: No space left on device",
      totals("read", bytes, time),
      "tar: Exiting with failure status due to previous errors",
    );
    throw failure(`command '${command}' failed: exit code 2`);
  }
  worker.print(totals("read", bytes, time));
}

/** `Total bytes read: 94689280 (91MiB, 519MiB/s)`. */
export function totals(verb: "read" | "written", bytes: number, ms: number): string {
  const rate = tarSize(Math.round(bytes / Math.max(ms, 1) * 1000));
  return `Total bytes ${verb}: ${bytes} (${tarSize(bytes)}, ${rate}/s)`;
}

function decompressor(path: string): string {
  if (path.endsWith(".zst")) return " --zstd";
  if (path.endsWith(".gz")) return " -z";
  return path.endsWith(".lzo") ? " --lzop" : "";
}
