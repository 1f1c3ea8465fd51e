import { failure } from "../pve_error.ts";
import { backupTime } from "./backup_name.ts";
import { copyTime, durations } from "./durations.ts";
import type { Guest } from "./guest.ts";
import type { Storage } from "./storage.ts";
import { totals } from "./tar.ts";
import type { Backup, VolumeData } from "./volume.ts";
import type { Worker } from "./worker.ts";
import type { World } from "./world.ts";

/** How many bytes of archive a byte of content makes. */
const RATIO: Readonly<Record<string, number>> = {
  tar: 1,
  "tar.zst": 0.31,
  "tar.gz": 0.34,
  "tar.lzo": 0.42,
};

/**
 * Writes an archive under its `.dat` name; the caller makes it a listed one when all is done. A
 * storage that fills up on the way fails it, and nothing of it stays (FACTS §4).
 *
 * @throws {PveError} `command '… tar …' failed: …`
 */
export async function writeArchive(
  world: World,
  archive: {
    readonly storage: Storage;
    readonly volid: string;
    readonly guest: Guest;
    readonly content: ReadonlyMap<string, VolumeData>;
    readonly worker: Worker;
  },
): Promise<Backup> {
  const { storage, volid, guest, content, worker } = archive;
  const suffix = /\.(tar(?:\.\w+)?)$/.exec(volid)?.[1] ?? "tar";
  const raw = [...content.values()].reduce((sum, each) => sum + each.bytes, 0);
  const tar = Math.ceil((raw + 8_192) / 10_240) * 10_240;
  const size = Math.ceil(tar * (RATIO[suffix] ?? 1));
  const room = storage.available;
  const backup: Backup = {
    kind: "backup",
    volid,
    vmid: guest.vmid,
    format: suffix,
    size: Math.min(size, room),
    ctime: backupTime(world, volid) ?? world.epoch,
    notes: undefined,
    protected: false,
    config: {
      ...guest.config,
      options: savedOptions(guest),
      pending: new Map(),
      snapshots: new Map(),
    },
    content: new Map(content),
    inside: guest.inside,
    truncated: false,
    writing: true,
  };
  storage.files.set(volid, backup);
  const command =
    `set -o pipefail && lxc-usernsexec -m u:0:100000:65536 -m g:0:100000:65536 -- tar cpf - --totals --one-file-system -p --sparse --numeric-owner --acls --xattrs ./ ${
      compressor(suffix)
    }>${storage.pathOf(volid)}.dat`;
  try {
    const time = copyTime(raw) + durations.backupOverhead;
    await worker.run(command, size > room ? time * room / size : time);
    if (size > room) {
      worker.print(
        "INFO: zstd: error 70 : Write error : cannot write block : No space left on device ",
      );
      throw failure(`command '${command}' failed: exit code ${suffix === "tar" ? 2 : 70}`);
    }
    worker.print(`INFO: ${totals("written", tar, time)}`);
    return backup;
  } catch (error) {
    storage.files.delete(volid);
    throw error;
  }
}

/** The configuration as it goes into the archive: without the job's own lock. */
function savedOptions(guest: Guest): Map<string, string> {
  const options = new Map(guest.config.options);
  for (const key of ["lock", "parent"]) options.delete(key);
  return options;
}

function compressor(suffix: string): string {
  if (suffix === "tar.zst") return "| zstd --threads=1 ";
  if (suffix === "tar.gz") return "| gzip --rsyncable ";
  return suffix === "tar.lzo" ? "| lzop " : "";
}

/** `1MB`, `1.52GB`: as vzdump itself counts. */
export function archiveSize(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  if (mebibytes < 1) return `${Math.floor(bytes / 1024)}KB`;
  return mebibytes < 1024 ? `${Math.floor(mebibytes)}MB` : `${(mebibytes / 1024).toFixed(2)}GB`;
}
