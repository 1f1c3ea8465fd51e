import { statfsSync } from "node:fs";
import type { Logger } from "../log/logger.ts";

/**
 * Bytes that the agent's user may still write on the disk of a folder.
 *
 * Needs `--allow-sys=statfs` and `--allow-read` on the folder, which the main isolate has while it
 * starts; the daemon never has the first.
 *
 * @returns undefined when it cannot be found out, and the log says why
 */
export function freeBytes(folder: string, log: Pick<Logger, "warn">): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch (error) {
    // A folder that is not there is told of by who opens the state.
    log.warn("How much the disk of the state has left cannot be found out", {
      folder,
      error: error instanceof Error ? error.message : String(error),
    });
    return undefined;
  }
}
