import { MOUNT_ROOT } from "./enrolled_disk.ts";
import { Refusal } from "./helper_errors.ts";
import type { Programs } from "./programs.ts";

/**
 * Looks whether the target may be mounted on: a folder, no link, empty; and neither it nor a folder
 * above it can be written by anyone but root, so that nobody changes it after the look.
 *
 * @throws {Refusal} `target_unfit`
 */
export async function throwIfUnfit(target: string, programs: Programs): Promise<void> {
  const folders = ["/", "/mnt", MOUNT_ROOT, target];
  const seen = await programs.read("stat", ["--printf=%F|%u|%a|%n\\n", "--", ...folders]);
  const lines = seen.stdout.split("\n");
  for (const folder of folders) {
    const line = lines.find((candidate) => candidate.endsWith(`|${folder}`));
    const flaw = line === undefined ? "does not exist" : flawOfFolder(line);
    if (flaw !== null) throw new Refusal("target_unfit", `${folder} ${flaw}`);
  }
  const listed = await programs.read("ls", ["-A", "--", target]);
  if (listed.code !== 0) throw new Refusal("target_unfit", `${target} cannot be listed`);
  if (listed.stdout !== "") throw new Refusal("target_unfit", `${target} is not empty`);
}

/** From a line `TYPE|UID|OCTAL MODE|NAME`. */
function flawOfFolder(line: string): string | null {
  const [type, uid, mode] = line.split("|");
  if (type !== "directory") return `is a ${type}, not a folder`;
  if (uid !== "0") return "does not belong to root";
  const writable = (Number.parseInt(mode ?? "", 8) & 0o022) !== 0;
  return writable ? `can be written by others (mode ${mode})` : null;
}
