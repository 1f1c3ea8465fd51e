import { failure } from "../pve_error.ts";
import { nameOf, storageOf } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/**
 * Deletes what lies under a volume id, inside a task. A file that is not there is no error, only a
 * line in the log (OBSERVED 31).
 *
 * @throws {PveError} when it is protected or its storage out of reach
 */
export function removeFile(world: World, volid: string, worker: Worker): void {
  const storage = world.storage(storageOf(volid));
  storage.activate();
  const file = storage.files.get(volid);
  if (file?.kind === "backup" && file.protected) {
    throw failure(`cannot remove protected volume '${nameOf(volid)}' on '${storage.id}'`);
  }
  if (file === undefined) {
    worker.print(`disk image '${storage.pathOf(volid)}' does not exist`);
  }
  storage.files.delete(volid);
  worker.print(`Removed volume '${volid}'`);
}
