import type { SignersFile } from "./config.ts";
import type { ReadFile } from "./files.ts";
import type { Problem } from "./problem.ts";
import { readSigners } from "./read_signers.ts";

/**
 * Reads by which instance root wants the signers' files taken over again, from
 * `/etc/felhom-agent/signers/reseed`; no file is no wish. It is trusted as the signers' files are:
 * others may not write it.
 */
export function readReseed(read: ReadFile): Promise<SignersFile | Problem> {
  return readSigners("reseed", read);
}
