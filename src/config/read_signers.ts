import type { SignersFile } from "./config.ts";
import { decodeUtf8, octal, type ReadFile, whyUnreadable } from "./files.ts";
import { PLACES } from "./places.ts";
import type { Problem } from "./problem.ts";

const LIMIT = 64 * 1024;

/**
 * Reads a file of `/etc/felhom-agent/signers/`: who may sign in a role, or the wish to reseed. No file is no signers, and fine:
 * what needs no signature runs. Who may write the file decides who may sign, so others may not.
 */
export async function readSigners(
  name: "operational" | "recovery" | "reseed",
  read: ReadFile,
): Promise<SignersFile | Problem> {
  const path = `${PLACES.configuration}/signers/${name}`;
  const content = await read(path, LIMIT);
  if (content.kind === "missing") return { path, text: "" };
  if (content.kind !== "bytes") {
    return { code: "config.unreadable", path, ...whyUnreadable(path, content, LIMIT) };
  }
  const { bytes, mode } = content;
  if ((mode & 0o002) !== 0) {
    return {
      code: "config.exposed",
      path,
      reason: `Every user of this machine may write this file (mode ${octal(mode)})`,
      hint: `Run: chmod 0640 ${path} (and look whose keys it holds)`,
    };
  }
  const text = decodeUtf8(bytes);
  if (text !== undefined) return { path, text };
  return {
    code: "config.invalid",
    path,
    reason: "The file is not UTF-8",
    hint: "Write it as ssh-keygen(1) says under ALLOWED SIGNERS.",
  };
}
